import type { MetricsError } from '../../model/errors.js'
import { ask } from './ask.js'
import type { LedgerRemoval } from './entry.js'
import { type Batch, HostRemovals } from './host-removals.js'
import { remove } from './removal-scripts.js'
import type { ScriptConnection } from './script.js'
import type { Shards } from './shards.js'

export interface ShardRemovalsOptions {
  readonly shards: Shards
  /** The shard that receives the removals with the flushes of this process. */
  readonly carried?: number | undefined
  readonly connection: ScriptConnection
  /** Milliseconds. */
  readonly expire: number
  /** Timeout of one call, in milliseconds. */
  readonly timeout: number
  /** Called when removals are dropped because too many wait. */
  readonly onError?: (error: MetricsError) => void
}

/**
 * Sends removals to the shards that do not receive them with a flush. Each shard has its own queue, so a shard that
 * does not answer does not delay the others.
 */
export class ShardRemovals {
  private readonly queues: HostRemovals[] = []
  private readonly running = new Set<Promise<void>>()
  /** The number of shards to which a removal was sent. */
  private readonly sentTo = new WeakMap<LedgerRemoval, number>()
  private ended = false

  constructor(private readonly options: ShardRemovalsOptions) {}

  push(removals: readonly LedgerRemoval[]): void {
    const { count } = this.options.shards
    for (const removal of removals) this.sentTo.set(removal, count)
    for (let shard = 0; shard < count; shard++) this.queue(shard).push(removals)
  }

  /** Waits for pending removals; resolves to whether every shard has all of them. */
  async settle(): Promise<boolean> {
    // Removals that were pushed in this turn of the event loop are sent at its end.
    await undefined
    while (this.running.size > 0) await Promise.allSettled(this.running)
    return this.queues.every(({ size }) => size === 0)
  }

  /** Prevents further sending. */
  end(): void {
    this.ended = true
    for (const queue of this.queues) queue.end()
  }

  private queue(shard: number): HostRemovals {
    this.queues[shard] ??= new HostRemovals(
      { announce: (removals, batch) => this.track(this.announce(shard, removals, batch)) },
      undefined,
      this.options.onError,
    )
    if (this.ended) this.queues[shard].end()
    return this.queues[shard]
  }

  private track(work: Promise<void>): Promise<void> {
    const done = work.finally(() => this.running.delete(done))
    this.running.add(done)
    return done
  }

  private async announce(shard: number, removals: readonly LedgerRemoval[], batch: Batch): Promise<void> {
    const { shards, carried, expire } = this.options
    if (shard === 0) {
      // Shards that this process did not know. Writers in shards that are recorded later start after the removal.
      await shards.record()
      for (const removal of removals) this.sendOn(removal)
    }
    if (shard === carried) return
    const keys = shards.of(shard)
    const words = [...batch.texts, String(batch.number), String(expire)]
    const of = [keys.state, keys.removals, keys.removing(batch.queue)]
    await ask(this.options, remove, of, words)
  }

  private sendOn(removal: LedgerRemoval): void {
    const { count } = this.options.shards
    for (let shard = this.sentTo.get(removal) ?? count; shard < count; shard++) this.queue(shard).push([removal])
    this.sentTo.set(removal, count)
  }
}
