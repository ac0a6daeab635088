import type { Gatherer } from '../gather/gatherer.js'
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

/** A place that the numbers are sent to. `IntervalExporter` decides when, and treats its faults. */
export interface Destination {
  /** The name and address for error texts, without credentials: `the statsd server at 127.0.0.1:8125`. */
  readonly place: string
  /**
   * Sends the numbers of a gatherer once; resolves when the destination has taken them.
   *
   * @param signal is aborted when the time is up; then close connections and reject
   * @throws an error with the reason if the destination has not taken them
   */
  send(gatherer: Gatherer, signal: AbortSignal): Promise<ExportedSamples>
  /** Called at each attempt while another process sends. */
  standby?(): void
  /**
   * Releases connections and files; called after the last send.
   *
   * @param sends whether this process was the one that sends
   */
  close?(sends: boolean): void | Promise<void>
}

/** Nothing was sent, because processes of the application itself send to this destination. */
export class LeftToApplication extends Error {
  override readonly name = 'LeftToApplication'
}

/** What a destination has taken. */
export interface ExportedSamples {
  /** The number of values that it has taken: samples, data points or lines. */
  readonly samples: number
  /** The number of values that it has refused, or that could not be sent. */
  readonly dropped?: number | undefined
  /** Why values were dropped. */
  readonly reason?: string | undefined
}
