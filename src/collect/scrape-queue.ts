import { withTimeout } from '../runtime/time-limit.js'

/** One scrape after another: each begins when those before it are done, well or not, or have hung for too long. */
export class ScrapeQueue {
  private last: Promise<unknown> = Promise.resolve()
  private readonly waiting = new Map<string, Promise<unknown>>()

  /** @param longest milliseconds after which a scrape is given up, so that it does not block those after it */
  constructor(private readonly longest = 120_000) {}

  run<T>(scrape: () => Promise<T>): Promise<T> {
    const next = this.last.then(() => withTimeout(scrape(), this.longest))
    this.last = next.catch(() => {})
    return next
  }

  /** Who asks for the same while a scrape of it still waits for its turn shares it. */
  share<T>(what: string, scrape: () => Promise<T>): Promise<T> {
    const shared = this.waiting.get(what) as Promise<T> | undefined
    if (shared !== undefined) return shared
    const mine = this.run(() => {
      this.waiting.delete(what)
      return scrape()
    })
    this.waiting.set(what, mine)
    return mine
  }
}
