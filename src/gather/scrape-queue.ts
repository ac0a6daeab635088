import { MetricsError } from '../model/errors.js'
import type { TurnRequest } from './turns.js'

/** The limits of a scrape in the queue. */
export interface QueueLimits {
  /** Aborted when the client has disconnected: the scrape is dropped unless other requests share it. */
  readonly signal?: AbortSignal | undefined
  /** The maximum number of different scrapes that wait. */
  readonly maxQueued?: number | undefined
  /** Resolves when the answer may be created. Until then, further requests share it. Other scrapes do not wait for it. */
  readonly ready?: (() => Promise<void> | undefined) | undefined
}

/** The scrapes that have not begun. Equal requests share one of them. */
export class ScrapeQueue {
  private readonly waiting = new Map<string, QueuedScrape<unknown>>()

  /**
   * Returns the answer of a waiting scrape for the same request, or starts another scrape.
   *
   * @param what everything that the answer depends on
   * @param scrape calls `onBegin` when it begins, and rejects with the signal's reason if it is aborted by then
   * @throws the reason of the signal if the scrape was dropped; MetricsError `SCRAPE_REFUSED` if too many wait
   */
  share<T>(what: readonly string[], scrape: (turn: TurnRequest) => Promise<T>, limits: QueueLimits = {}): Promise<T> {
    const { signal, maxQueued = Number.POSITIVE_INFINITY, ready } = limits
    // The parts come from a request; two different lists, simply joined, could have the same key.
    const key = JSON.stringify(what)
    const known = this.waiting.get(key)
    if (known?.isWanted) return known.join(signal) as Promise<T>
    const queued = [...this.waiting.values()].filter(({ isWanted }) => isWanted).length
    if (queued >= maxQueued) {
      const text = `${queued} different scrapes are queued already`
      return Promise.reject(new MetricsError('SCRAPE_REFUSED', text))
    }
    const one: QueuedScrape<T> = new QueuedScrape(signal, async (dropped): Promise<T> => {
      const leave = (): void => {
        if (this.waiting.get(key) === one) this.waiting.delete(key)
      }
      try {
        await ready?.()
        return await scrape({ signal: dropped, onBegin: leave })
      } finally {
        leave()
      }
    })
    this.waiting.set(key, one)
    return one.join(signal)
  }
}

/** A scrape that waits, and its requests. */
class QueuedScrape<T> {
  /** Undefined for a scrape that is never dropped: its first request has no signal. */
  private readonly dropped: AbortController | undefined
  private readonly answer: Promise<T>
  private requests = 0

  /** @param scrape receives a signal that is aborted when every client has disconnected */
  constructor(first: AbortSignal | undefined, scrape: (dropped: AbortSignal | undefined) => Promise<T>) {
    this.dropped = first && new AbortController()
    // Runs in a microtask, because the queue must contain the scrape before it begins.
    this.answer = Promise.resolve().then(() => scrape(this.dropped?.signal))
  }

  get isWanted(): boolean {
    return this.dropped?.signal.aborted !== true
  }

  /** Adds a request. */
  join(signal: AbortSignal | undefined): Promise<T> {
    this.requests++
    const leave = (): void => {
      if (--this.requests === 0) this.dropped?.abort(signal!.reason)
    }
    if (signal?.aborted) leave()
    else signal?.addEventListener('abort', leave, { once: true })
    return this.answer
  }
}
