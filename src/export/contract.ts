import type { QueueLimits } from '../gather/scrape-queue.js'
import type { Exposed } from '../gather/scrapes.js'

/**
 * Sends what a gatherer gathers, or serves it, from `start()` to `stop()`. An exporter that is a port listens between the
 * two; an exporter that sends has a timer.
 */
export interface Exporter {
  /**
   * Starts the exporter; does nothing if it has been started. It may be started again after `stop()`.
   *
   * @throws MetricsError if it cannot start: it is stopped then
   */
  start(): Promise<void>
  /** Stops the exporter, and resolves when it neither listens nor sends any more. A second call does nothing. */
  stop(): Promise<void>
}

/**
 * The families of a gatherer as bytes, in the requested format: what exporters of an exposition take. A registry is
 * one; `Scrapes` makes one of any gatherer.
 */
export interface Exposition {
  /**
   * @param accept the Accept header of the scrape
   * @param names only the families of these names
   * @param limits a signal that drops the scrape while it waits for its turn, and the maximum of queued scrapes
   */
  expose(accept?: string, names?: readonly string[], limits?: QueueLimits): Promise<Exposed>
}
