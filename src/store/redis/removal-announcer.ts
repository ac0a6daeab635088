import { randomUUID } from 'node:crypto'
import { withTimeout } from '../../runtime/time-limit.js'
import { clearTimeout, setTimeout } from '../../runtime/timers.js'
import { type Removal, removalText } from './entry.js'
import { remove } from './removal-scripts.js'
import type { Connection } from './script.js'
import type { Shards } from './shards.js'

/** The maximum of removals in one command. */
const most = 1000

export interface RemovalAnnouncerOptions {
  readonly shards: Shards
  /** The shard that learns of the removals with the flushes of this process. */
  readonly carried?: number | undefined
  readonly connection: Connection
  /** Milliseconds. */
  readonly expire: number
  /** Timeout of one call, in milliseconds. */
  readonly patience: number
}

interface Batch {
  readonly texts: readonly string[]
  /** Shards that have not acknowledged it; undefined until it is known which shards there are. */
  waiting?: Set<number>
  attempts: number
}

/** Removals on their way to the shards that do not learn of them with a flush: each shard takes each of them once, in order. */
export class RemovalAnnouncer {
  private readonly batches: Batch[] = []
  private sending: Promise<void> | undefined
  private retry: NodeJS.Timeout | undefined
  private ended = false

  constructor(private readonly options: RemovalAnnouncerOptions) {}

  /** What is removed in one turn of the event loop is sent together, before anything that is sent later. */
  push(removals: readonly Removal[]): void {
    if (this.ended) return
    // A text of its own for each: so a shard knows a batch that it has taken already.
    const id = randomUUID()
    const texts = removals.map((removal) => removalText({ ...removal, author: `${removal.author} ${id}` }))
    for (let from = 0; from < texts.length; from += most)
      this.batches.push({ texts: texts.slice(from, from + most), attempts: 0 })
    queueMicrotask(() => this.settle().catch(() => {}))
  }

  /** Resolves when every shard has all removals that were pushed. Rejects where one does not take them: they are sent again. */
  settle(): Promise<void> {
    if (this.batches.length === 0) return Promise.resolve()
    this.sending ??= this.sendAll().finally(() => {
      this.sending = undefined
    })
    return this.sending
  }

  /** Nothing is sent again from now on. */
  end(): void {
    this.ended = true
    clearTimeout(this.retry)
  }

  private async sendAll(): Promise<void> {
    clearTimeout(this.retry)
    for (let next = this.batches[0]; next !== undefined; next = this.batches[0]) {
      next.attempts++
      try {
        await this.send(next)
      } catch (cause) {
        const wait = Math.min(next.attempts, 10) * 1000
        if (!this.ended) this.retry = setTimeout(() => this.settle().catch(() => {}), wait).unref()
        throw cause
      }
      this.batches.shift()
    }
  }

  private async send(batch: Batch): Promise<void> {
    const { shards, carried, connection, expire, patience } = this.options
    if (batch.waiting === undefined) {
      // Writers of a shard that is recorded later begin after the removal.
      await shards.record()
      batch.waiting = new Set(shards.all.keys())
      if (carried !== undefined) batch.waiting.delete(carried)
    }
    const { texts, waiting, attempts } = batch
    const words = [String(expire), attempts > 1 ? '1' : '0', ...texts]
    const sent = [...waiting].map(async (shard) => {
      const { state, removals } = shards.of(shard)
      await withTimeout(connection.run(remove, [state, removals], words), patience)
      waiting.delete(shard)
    })
    await allOf(sent)
  }
}

/** Waits for all of them, and rejects if one was rejected. */
async function allOf(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason
}
