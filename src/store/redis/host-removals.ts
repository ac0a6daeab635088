import { randomUUID } from 'node:crypto'
import { MetricsError } from '../../model/errors.js'
import { setTimeout } from '../../platform/timers.js'
import { type LedgerRemoval, removalText } from './entry.js'

/** The maximum number of removals in one command. */
const most = 1000
/** The maximum number of removals that wait while Redis is unavailable; the oldest are dropped. */
export const mostWaiting = 100_000

/** The removals of one command. It is repeated unchanged, with the same number, until it is acknowledged. */
export interface Batch {
  /** The name of the queue, unique among all processes. */
  readonly queue: string
  /** From 1 on. */
  readonly number: number
  readonly texts: readonly string[]
  readonly removals: readonly LedgerRemoval[]
}

/** Sends removals to the writers of one shard, one command at a time. */
export class HostRemovals {
  /** Unacknowledged removals by their text, so that a repeated removal waits once, in its latest position. */
  private readonly waiting = new Map<string, LedgerRemoval>()
  private readonly queue = randomUUID()
  /** The batch that is being sent, or waits to be sent again. */
  private batch: Batch | undefined
  /** The number of batches so far. */
  private made = 0
  private scheduled = false
  private sending = false
  private ended = false
  private hasDropped = false

  constructor(
    private readonly service: { announce(removals: readonly LedgerRemoval[], batch: Batch): Promise<void> },
    /** Milliseconds until the first retry; grows with each attempt, up to ten times as long. */
    private readonly retryAfter = 1000,
    /** Called when removals are dropped, once until none waits. */
    private readonly onDropped: (error: MetricsError) => void = () => {},
  ) {}

  /** The number of removals that are not acknowledged. */
  get size(): number {
    return this.waiting.size
  }

  /** Queues removals; those of one turn of the event loop are sent together. */
  push(removals: readonly LedgerRemoval[]): void {
    if (this.ended) return
    this.add(removals)
    if (this.scheduled || this.sending) return
    this.scheduled = true
    void Promise.resolve().then(() => {
      this.scheduled = false
      void this.sendAll()
    })
  }

  /** Prevents further sending. */
  end(): void {
    this.ended = true
    this.waiting.clear()
  }

  private add(removals: Iterable<LedgerRemoval>): void {
    for (const removal of removals) {
      const text = removalText(removal)
      this.waiting.delete(text)
      this.waiting.set(text, removal)
    }
    // Many at a time, because finding the first entry of a map is slow after deletions at its beginning.
    if (this.waiting.size <= mostWaiting) return
    for (const text of this.waiting.keys()) {
      if (this.waiting.size <= mostWaiting - most) break
      this.waiting.delete(text)
    }
    if (!this.hasDropped) this.onDropped(removalsDropped())
    this.hasDropped = true
  }

  /**
   * Sends one command at a time until no removal waits. A batch waits until the one before it is acknowledged, so Redis
   * receives the numbers in order.
   */
  private async sendAll(): Promise<void> {
    this.sending = true
    for (let attempt = 0; this.waiting.size > 0 && !this.ended; ) {
      this.batch ??= this.nextBatch()
      const { batch } = this
      try {
        await this.service.announce(batch.removals, batch)
        attempt = 0
        this.acknowledge(batch)
      } catch {
        if (this.ended) break
        await new Promise((resolve) => setTimeout(resolve, Math.min(++attempt, 10) * this.retryAfter).unref())
      }
    }
    this.hasDropped = false
    this.sending = false
  }

  private nextBatch(): Batch {
    const texts: string[] = []
    const removals: LedgerRemoval[] = []
    for (const [text, removal] of this.waiting) {
      removals.push(removal)
      if (texts.push(text) === most) break
    }
    return { queue: this.queue, number: ++this.made, texts, removals }
  }

  private acknowledge({ texts, removals }: Batch): void {
    this.batch = undefined
    for (const [i, text] of texts.entries()) {
      // A removal that was queued again meanwhile stays queued.
      if (this.waiting.get(text) === removals[i]) this.waiting.delete(text)
    }
  }
}

/** Creates the error for dropped removals. */
export function removalsDropped(): MetricsError {
  const text = `more than ${mostWaiting} removals wait for Redis: the oldest are dropped, and other processes show those series; remove them again when Redis is back`
  return new MetricsError('REMOVE_FAILED', text)
}
