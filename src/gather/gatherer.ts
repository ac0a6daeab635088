import type { MetricsError } from '../model/errors.js'
import type { Family } from '../model/family.js'
import type { LabelSet } from '../model/label-set.js'
import type { Pause } from '../model/pause.js'

/** What a gathering should contain, and until when it may be dropped. */
export interface GatherRequest {
  /** Returns only families that have one of these names, or print a sample of one; every family when empty or left out. */
  readonly names?: readonly string[] | undefined
  /** Reads the exemplars as well. Reading them takes time, so ask only for a format that shows them. */
  readonly exemplars?: boolean | undefined
  /** Drops the gathering if it is aborted before the gathering begins: `gather()` then rejects with its reason. */
  readonly signal?: AbortSignal | undefined
  /** Called when the gathering begins, once every earlier one has been released. */
  readonly onBegin?: (() => void) | undefined
}

/** The families of one moment. They stay unchanged until `release()`. */
export interface Gathered {
  /** The families, merged over all writers. A table among them is valid until `release()`. */
  readonly families: readonly Family[]
  /** Labels that every series shows unless it has its own label of that name. */
  readonly defaultLabels: LabelSet
  /** What could not be read. The families show the last good values in its place. */
  readonly faults: readonly MetricsError[]
  /** Cuts long work on the families into slices, so that the event loop keeps turning. */
  readonly pause: Pause
  /** Ends the gathering: its tables may change now, and the next gathering begins. A second call does nothing. */
  release(): void
}

/**
 * Gathers the families of an application. A registry is a gatherer, and so is a directory that is read from outside; every
 * exporter takes one.
 *
 * One gathering runs at a time. The next one waits for `release()`, so release in a `finally` block, and do not gather from
 * the same application in between.
 *
 * @example
 * const gathered = await gatherer.gather()
 * try {
 *   await send(gathered.families)
 * } finally {
 *   gathered.release()
 * }
 */
export interface Gatherer {
  /**
   * Waits for its turn, brings the metrics up to date, and reads and merges all writers.
   *
   * @throws MetricsError `SCRAPE_INCOMPLETE` when values of a process are missing: without them the families would look as
   * if that process had gone; the signal's reason when it was aborted before the gathering began
   */
  gather(request?: GatherRequest): Promise<Gathered>
}
