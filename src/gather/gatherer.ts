import type { MetricsError } from '../model/errors.js'
import type { Family, FamilyTable } from '../model/family.js'
import type { LabelSet } from '../model/label-set.js'
import type { Pause } from '../model/pause.js'
import type { WriterSnapshot } from '../store/contract.js'

/** The options of a gathering. */
export interface GatherRequest {
  /** Only families that have one of these names, or a sample of that name. By default, or if empty, every family. */
  readonly names?: readonly string[] | undefined
  /** Whether to read exemplars. Reading them takes time, so set it only for a format that shows them. */
  readonly exemplars?: boolean | undefined
  /** Whether every series has the number of its worker. By default, as the process is configured. */
  readonly perWorker?: boolean | undefined
  /** Drops the gathering if it is aborted before the gathering begins; `gather()` then rejects with its reason. */
  readonly signal?: AbortSignal | undefined
  /** Called when the gathering begins, once every earlier one has been released. */
  readonly onBegin?: (() => void) | undefined
}

/** The writers of one of several applications, whose numbers may be the same as those of another one. */
export interface WritersOfApplication {
  readonly application: string
  readonly writers: readonly WriterSnapshot[]
}

/** The families of one moment. They stay unchanged until `release()`. */
export interface Gathered {
  /** The families, merged over all writers. A table among them is valid until `release()`. */
  readonly families: readonly Family[]
  /** Families that processes keep for each other, and that no scrape shows. */
  readonly hidden?: readonly FamilyTable[]
  /** Labels that every series shows unless it has its own label of that name. */
  readonly defaultLabels: LabelSet
  /** The number of processes and threads that count, and are alive. */
  readonly workers: number
  /** Each writer, alive or dead; omitted by a gatherer of several applications. Valid until `release()`. */
  readonly writers?: readonly WriterSnapshot[]
  /** By a gatherer of several applications: the writers of each that could be read. Valid until `release()`. */
  readonly applications?: readonly WritersOfApplication[]
  /** The errors of what could not be read. The families have the last good values instead. */
  readonly faults: readonly MetricsError[]
  /** Cuts long work on the families into slices, so that the event loop is not blocked. */
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
   * Waits for its turn, updates the metrics, and reads and merges all writers.
   *
   * @throws MetricsError `SCRAPE_INCOMPLETE` if values of a process are missing, which would look as if that process
   * had ended; the reason of the signal if it was aborted before the gathering began
   */
  gather(request?: GatherRequest): Promise<Gathered>
}
