import { MetricsError } from '../model/errors.js'
import { withTimeout } from '../platform/time-limit.js'

/** The limits of a scrape in the queue. */
export interface QueueLimits {
  /** Aborted when no client waits for the answer any more: the scrape is dropped, unless other requests share it. */
  readonly signal?: AbortSignal | undefined
  /** How many different scrapes may wait already. */
  readonly maxQueued?: number | undefined
  /** Resolves when the answer may be made. Until then further requests share it. Other scrapes do not wait for it. */
  readonly ready?: (() => Promise<void> | undefined) | undefined
}

interface Shared {
  readonly answer: Promise<unknown>
  /** The signals of all requests that share it; undefined for a caller that always waits. */
  readonly signals: (AbortSignal | undefined)[]
}

/** One scrape after another: each begins when those before it are done, well or not, or have hung for too long. */
export class ScrapeQueue {
  private last: Promise<unknown> = Promise.resolve()
  private readonly waiting = new Map<string, Shared>()

  /** @param longest milliseconds after which a scrape times out, so that it does not block those after it */
  constructor(private readonly longest = 120_000) {}

  run<T>(scrape: () => Promise<T>): Promise<T> {
    const next = this.last.then(() => withTimeout(scrape(), this.longest))
    this.last = next.catch(() => {})
    return next
  }

  /**
   * Requests for the same share a scrape that still waits for its turn.
   *
   * @param what everything that the answer depends on
   * @throws the signal's reason when the scrape was dropped; MetricsError `SCRAPE_REFUSED` when too many wait
   */
  share<T>(what: readonly string[], scrape: () => Promise<T>, limits: QueueLimits = {}): Promise<T> {
    const { signal, maxQueued = Number.POSITIVE_INFINITY, ready } = limits
    // The parts come from a request: joined, two different lists might make the same key.
    const key = JSON.stringify(what)
    const known = this.waiting.get(key)
    if (known !== undefined) {
      known.signals.push(signal)
      return known.answer as Promise<T>
    }
    const queued = [...this.waiting.values()].filter(isWanted).length
    if (queued >= maxQueued) {
      const text = `${queued} different scrapes are queued already`
      return Promise.reject(new MetricsError('SCRAPE_REFUSED', text))
    }
    const signals = [signal]
    const begin = (): Promise<T> =>
      this.run(() => {
        this.waiting.delete(key)
        if (!isWanted({ signals })) throw signal!.reason
        return scrape()
      })
    const answer = ready?.()?.then(begin) ?? begin()
    this.waiting.set(key, { answer, signals })
    return answer
  }
}

function isWanted({ signals }: Pick<Shared, 'signals'>): boolean {
  return signals.some((signal) => signal?.aborted !== true)
}
