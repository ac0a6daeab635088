import type { FamilyDescriptor } from '../model/descriptor.js'
import type { MetricsError } from '../model/errors.js'
import type { Exemplar } from '../model/exemplar.js'
import type { SampleFamily } from '../model/family.js'
import type { SlotArea } from '../model/layout/slot-layout.js'
import type { Pause } from '../model/pause.js'
import type { LabelFilter, SeriesKey } from '../model/series-key.js'
import type { SeriesRef } from '../model/series-ref.js'
import type { SeriesLog } from './core/series-log.js'

export type { Pause }

/** A fixed run of float64 slots that belongs to one series. Slots never move while the store's gate stands still. */
export interface Slots extends SlotArea {
  /** Index of the first slot in `values`. */
  readonly at: number
  /** The epoch of the present owner: what gauges are claimed with. */
  readonly epoch: number
}

/** A series and where it is counted: what moves when a process changes to another store. */
export interface StoredSeries {
  readonly family: FamilyDescriptor
  readonly series: SeriesRef
  readonly slots: Slots
}

export type RemovalScope = 'application' | 'process'

/** The write half. Lives in the process that counts. */
export interface Store {
  /** Unique for good: seat, pid, thread and start. */
  readonly writer: string
  /**
   * One word that every write compares with what it saw when it opened its series. It moves when series may have moved
   * or gone (removed by another process, store replaced), and then writers open theirs again.
   */
  readonly gate: Int32Array
  /**
   * The same family and label values always give the same slots, claimed for this owner. A number in the reference belongs to
   * this descriptor of the family, and is the series' own until the call returns.
   */
  open(family: FamilyDescriptor, series: SeriesRef): Slots
  /**
   * Called for each family with labels that a metric of this process is defined for, before its first count: other
   * processes may have series of it. Only a backend that asks its engine by family needs it.
   */
  declare?(family: FamilyDescriptor): void
  /**
   * Removes the series of a family that the filter names: of the whole application, or of this writer alone. The next
   * scrape anywhere shows it; what is counted afterwards begins fresh series.
   *
   * @throws MetricsError `REMOVE_FAILED` when the other processes cannot be notified
   */
  remove(family: FamilyDescriptor, filter: LabelFilter, scope: RemovalScope): void
  /**
   * The same for many filters at once; where it is left out, `remove` is called for each of them.
   *
   * @param now whether to throw `REMOVE_FAILED`, and keep all series, if other processes cannot be notified at once; when left
   * out, a store may notify them later
   */
  removeMany?(family: FamilyDescriptor, filters: readonly LabelFilter[], scope: RemovalScope, now?: boolean): void
  /**
   * Forgets some of the series that other processes have removed, where the store does so later; gives false when there are
   * none. Called until there is room when a metric has reached its limit of series.
   */
  settle?(): boolean
  /** Keeps an example of what was counted in a bucket of a series (0 for a counter), in place of the last one. */
  setExemplar(family: FamilyDescriptor, series: SeriesRef, bucket: number, exemplar: Exemplar): void
  /**
   * Every series of this writer.
   *
   * @param family only series of this family are requested; a store may return others as well
   */
  series(family?: FamilyDescriptor): Iterable<StoredSeries>
  /** Makes what was counted visible to readers; where that takes a server's answer, the promise waits for it. */
  flush(): void | Promise<void>
  close(): void
}

/** Removes series of many filters from a store, in one step where it has one. */
export function removeMany(
  store: Store,
  family: FamilyDescriptor,
  filters: readonly LabelFilter[],
  scope: RemovalScope,
  now?: boolean,
): void {
  if (store.removeMany !== undefined) store.removeMany(family, filters, scope, now)
  else for (const filter of filters) store.remove(family, filter, scope)
}

/** What names a process among the writers: its pid, and the number of the thread where it is not the main one. */
export function nameOfProcess(pid: number, threadId: number): string {
  return threadId === 0 ? String(pid) : `${pid}-${threadId}`
}

/** An exemplar and the series that it belongs to. */
export interface PlacedExemplar {
  /** First slot of the series among all slots of the writer. */
  readonly slot: number
  readonly bucket: number
  readonly exemplar: Exemplar
}

/** One writer at one moment. */
export interface WriterSnapshot {
  readonly writer: string
  /** Number of its seat: the value of the label `worker`. */
  readonly seat: number
  /** What names its process: the value of the label `pid`; `<pid>-<thread>` for a thread. When left out, the seat's number. */
  readonly process?: string
  readonly live: boolean
  /** Epoch of the seat's present owner. */
  readonly epoch: number
  /** When the owner started, in unix seconds: of two definitions of a family the newer owner's is shown. */
  readonly startedAt: number
  /** Grows while the writer opens series; a file that begins again comes with a new log. */
  readonly log: SeriesLog
  /** Size of its files of values. */
  readonly bytes: number
  /** Series that found no room. */
  readonly dropped: number
  /** Reads the examples of what was counted: only formats that show them ask. None from a backend that keeps none. */
  readonly exemplars?: () => readonly PlacedExemplar[]
  /** All slots of the writer, dense. Valid until the source is read again. */
  readonly values: Float64Array
}

export interface SourceReading {
  readonly writers: readonly WriterSnapshot[]
  /** What could not be read; the rest could. */
  readonly errors: readonly MetricsError[]
  /**
   * Why numbers are missing: they could not be read, this time or ever before. The scrape is then answered with an error.
   * Left out where all numbers are there, be it with their last good values.
   */
  readonly incomplete?: MetricsError | undefined
  /** Whether the engine that keeps the numbers answered; left out where there is none that could be away. */
  readonly reachable?: boolean
  /** What the backend reports of itself, shown among the self-metrics. */
  readonly selfFamilies?: readonly SampleFamily[]
}

/** The read half. Lives where the scrape lands; sees every writer. */
export interface Source {
  /** Reads every writer. `pause` is awaited between pieces of work, so that no event loop is held for long. */
  read(pause: Pause): Promise<SourceReading>
  close(): void
}

/** A counter of promhive's own, and the label under which it counts this time. */
export interface SelfCount {
  readonly name: string
  readonly help: string
  readonly label?: string
  readonly value?: string
}

/** What a backend borrows from the process that counts in it. */
export interface BackendContext {
  /** Called with a fault that must not reach the application's request. */
  onError(error: MetricsError): void
  /** Called with each series of this process that was removed, by any process. */
  onRemoved(family: FamilyDescriptor, key: SeriesKey): void
  /** Logs that what an error reported works again, in a sentence. */
  onRecovered?(text: string): void
  /** Counts what the backend did in this process, in a self-metric that is summed over all processes. */
  count?(metric: SelfCount, amount: number): void
}

/** One way of keeping numbers where the next one finds them. */
export interface Backend {
  readonly name: string
  /** Whether other processes count in it too: self-metrics are shown then, and collectors publish. */
  readonly shared?: boolean
  /** Names what the processes count in, without credentials: those with the same name and identity count together. */
  readonly identity?: string | undefined
  /** The directory that the processes of this host share, where there is one. */
  readonly directory?: string | undefined
  /** Called once, before anything else: connect here, and throw only what another configuration can solve. */
  begin?(context: BackendContext): void
  /** Called at each look-up: it gives the same store until the backend is closed, and never throws. */
  openStore(): Store
  openSource(): Source
  /** Lets go of files, locks, connections and timers; what was counted is sent before. */
  close?(): void | Promise<void>
}
