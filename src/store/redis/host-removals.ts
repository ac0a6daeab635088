import { randomUUID } from 'node:crypto'
import { MetricsError } from '../../model/errors.js'
import { setTimeout } from '../../platform/timers.js'
import { type LedgerRemoval, removalText } from './entry.js'

/** The maximum of removals in one command. */
const most = 1000
/** The maximum of removals that wait while Redis is away; the oldest are dropped. */
export const mostWaiting = 100_000

/** Removals of one command. It is sent as it is until it is acknowledged, always with its number. */
export interface Batch {
  /** Names the queue, among those of all processes. */
  readonly queue: string
  /** From 1 on. */
  readonly number: number
  readonly texts: readonly string[]
  readonly removals: readonly LedgerRemoval[]
}

/** Removals on their way to the writers of one shard, one command at a time. */
export class HostRemovals {
  /** Until they are acknowledged; by their text, so that the same removal waits once, where it was given last. */
  private readonly waiting = new Map<string, LedgerRemoval>()
  private readonly queue = randomUUID()
  /** On its way, or waiting to be sent again. */
  private batch: Batch | undefined
  /** How many batches were made. */
  private made = 0
  private scheduled = false
  private sending = false
  private ended = false
  private hasDropped = false

  constructor(
    private readonly service: { announce(removals: readonly LedgerRemoval[], batch: Batch): Promise<void> },
    /** Milliseconds; it grows with each attempt, up to ten times. */
    private readonly retryAfter = 1000,
    /** Called when removals are dropped, once until none waits. */
    private readonly onDropped: (error: MetricsError) => void = () => {},
  ) {}

  /** How many are not acknowledged. */
  get size(): number {
    return this.waiting.size
  }

  /** What is removed in one turn of the event loop is sent together. */
  push(removals: readonly LedgerRemoval[]): void {
    if (this.ended) return
    this.add(removals)
    if (this.scheduled || this.sending) return
    this.scheduled = true
    queueMicrotask(() => {
      this.scheduled = false
      void this.sendAll()
    })
  }

  /** Nothing is sent from now on. */
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
    // Many at a time: what a map has lost at its beginning is passed by each search for its first entry.
    if (this.waiting.size <= mostWaiting) return
    for (const text of this.waiting.keys()) {
      if (this.waiting.size <= mostWaiting - most) break
      this.waiting.delete(text)
    }
    if (!this.hasDropped) this.onDropped(removalsDropped())
    this.hasDropped = true
  }

  /**
   * One command at a time until none waits: what is given meanwhile joins the others. A batch waits until the one before
   * it is acknowledged: Redis sees no number before a lower one.
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
      // One that was given again meanwhile is another one.
      if (this.waiting.get(text) === removals[i]) this.waiting.delete(text)
    }
  }
}

/** The error for removals that wait no longer. */
export function removalsDropped(): MetricsError {
  const text = `more than ${mostWaiting} removals wait for Redis: the oldest are dropped, and other processes show those series; remove them again when Redis is back`
  return new MetricsError('REMOVE_FAILED', text)
}
