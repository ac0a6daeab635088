import type { QueueLimits } from '../gather/scrape-queue.js'
import type { Exposed } from '../gather/scrapes.js'

/**
 * Sends or serves what a gatherer gathers, from `start()` to `stop()`. Between the two, an exporter with a port
 * listens, and an exporter that sends has a timer.
 */
export interface Exporter {
  /**
   * Starts the exporter; does nothing if it has been started. It may be started again after `stop()`.
   *
   * @throws MetricsError if it cannot start; then it is stopped
   */
  start(): Promise<void>
  /** Stops the exporter; resolves when it no longer listens or sends. A second call does nothing. */
  stop(): Promise<void>
}

/**
 * The families of a gatherer as bytes, in the requested format, for exporters that send an exposition. A registry is
 * one; `Scrapes` creates one from any gatherer.
 */
export interface Exposition {
  /**
   * @param accept the Accept header of the scrape
   * @param names only the families of these names
   * @param limits a signal that drops the scrape while it waits for its turn, and the maximum number of queued scrapes
   */
  expose(accept?: string, names?: readonly string[], limits?: QueueLimits): Promise<Exposed>
}
