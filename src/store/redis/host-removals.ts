import { setTimeout } from '../../runtime/timers.js'
import { type Removal, removalText } from './entry.js'

/** The maximum of removals in one command. */
const most = 1000
/** The maximum of removals that wait while Redis is away; the oldest are dropped. */
const mostWaiting = 100_000

/** Removals on their way to the writers of one shard. */
export class HostRemovals {
  /** By their text, so that the same removal waits once, where it was given last. */
  private waiting = new Map<string, Removal>()
  private scheduled = false
  private retrying = false
  private ended = false

  constructor(
    private readonly service: { announce(removals: readonly Removal[]): Promise<void> },
    /** Milliseconds; it grows with each attempt, up to ten times. */
    private readonly retryAfter = 1000,
  ) {}

  /** How many wait because they were not taken. */
  get size(): number {
    return this.waiting.size
  }

  /** What is removed in one turn of the event loop is sent together, before anything that is sent later. */
  push(removals: readonly Removal[]): void {
    if (this.ended) return
    this.add(removals)
    if (this.scheduled || this.retrying) return
    this.scheduled = true
    queueMicrotask(() => this.sendAll())
  }

  /** Nothing is sent from now on. */
  end(): void {
    this.ended = true
    this.waiting.clear()
  }

  private add(removals: Iterable<Removal>): void {
    for (const removal of removals) {
      const text = removalText(removal)
      this.waiting.delete(text)
      this.waiting.set(text, removal)
    }
    for (const text of this.waiting.keys()) {
      if (this.waiting.size <= mostWaiting) break
      this.waiting.delete(text)
    }
  }

  /** All at once, in their order: a flush that is sent behind them finds them in Redis. */
  private sendAll(): void {
    this.scheduled = false
    const all = [...this.waiting.values()]
    this.waiting = new Map()
    for (let from = 0; from < all.length; from += most) void this.send(all.slice(from, from + most))
  }

  private async send(removals: readonly Removal[]): Promise<void> {
    try {
      await this.service.announce(removals)
    } catch {
      if (this.ended) return
      // Before those that were given since.
      const later = this.waiting
      this.waiting = new Map()
      this.add(removals)
      this.add(later.values())
      void this.retry()
    }
  }

  /** One command at a time until none waits: what is given meanwhile joins the others. */
  private async retry(): Promise<void> {
    if (this.retrying) return
    this.retrying = true
    for (let attempt = 1; this.waiting.size > 0 && !this.ended; ) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(attempt, 10) * this.retryAfter).unref())
      if (this.ended) break
      const batch = [...this.waiting.values()].slice(0, most)
      try {
        await this.service.announce(batch)
        attempt = 0
        // One that was given again meanwhile is another one.
        for (const removal of batch) {
          const text = removalText(removal)
          if (this.waiting.get(text) === removal) this.waiting.delete(text)
        }
      } catch {
        attempt++
      }
    }
    this.retrying = false
  }
}
