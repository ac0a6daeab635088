import { setTimeout } from '../../runtime/timers.js'
import type { Removal } from './entry.js'
import type { Service } from './service.js'

/** The maximum of removals in one command. */
const most = 1000

/** Removals of this host, on their way to the other hosts. */
export class HostRemovals {
  private readonly waiting: Removal[] = []
  private ended = false

  constructor(private readonly service: Pick<Service, 'announce'>) {}

  /** What is removed in one turn of the event loop is sent together, before anything that is sent later. */
  push(removals: readonly Removal[]): void {
    if (this.waiting.length === 0) queueMicrotask(() => this.sendAll())
    for (const removal of removals) this.waiting.push(removal)
  }

  /** Nothing is sent again from now on. */
  end(): void {
    this.ended = true
  }

  private sendAll(): void {
    const all = this.waiting.splice(0)
    for (let from = 0; from < all.length; from += most) void this.send(all.slice(from, from + most))
  }

  private async send(removals: readonly Removal[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.service.announce(removals)
        return
      } catch {
        if (this.ended) return
        await new Promise((resolve) => setTimeout(resolve, Math.min(attempt, 10) * 1000).unref())
      }
      if (this.ended) return
    }
  }
}
