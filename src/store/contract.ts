import type { FamilyDescriptor } from '../model/descriptor.js'
import type { MetricsError } from '../model/errors.js'
import type { Exemplar } from '../model/exemplar.js'
import type { SampleFamily } from '../model/family.js'
import type { SlotArea } from '../model/layout/slot-layout.js'
import type { Lease } from '../model/lease.js'
import type { Pause } from '../model/pause.js'
import type { LabelFilter, SeriesKey } from '../model/series-key.js'
import type { SeriesRef } from '../model/series-ref.js'
import type { SeriesLog } from './core/series-log.js'

export type { Pause }

/** A fixed run of float64 slots that belongs to one series. Slots never move while the store's gate is unchanged. */
export interface Slots extends SlotArea {
  /** Index of the first slot in `values`. */
  readonly at: number
  /** The epoch of the current owner, which marks gauges as its own. */
  readonly epoch: number
}

/** A series and its slots. When a process changes to another store, these move. */
export interface StoredSeries {
  readonly family: FamilyDescriptor
  readonly series: SeriesRef
  readonly slots: Slots
  /** Unix seconds at which the series began, if it was requested and the store knows it. */
  readonly createdAt?: number | undefined
}

export type RemovalScope = 'application' | 'process'

/** The write half of a backend, in the process that counts. */
export interface Store {
  /** Unique forever: seat, pid, thread and start time. */
  readonly writer: string
  /** The value of the label `worker`; by default, the number that `writer` begins with. */
  readonly worker?: string
  /**
   * One word that every write compares with its value when the series was opened. It changes when series may have moved
   * or been removed (by another process, or because the store was replaced); writers then open their series again.
   */
  readonly gate: Int32Array
  /**
   * Returns the slots of a series, claimed for this owner: always the same for the same family and label values. A
   * number in the reference belongs to this descriptor of the family, and identifies the series until the call returns.
   *
   * @param createdAt unix seconds at which the series began, if it moves here from another store; by default, a new
   * series begins now
   */
  open(family: FamilyDescriptor, series: SeriesRef, createdAt?: number): Slots
  /**
   * Called for each labelled family when a metric of this process is defined, before its first count: other processes
   * may have series of it. Only a backend that reads from its engine by family needs this method.
   */
  declare?(family: FamilyDescriptor): void
  /**
   * Removes the series of a family that the filter names, from the whole application or from this writer only. The next
   * scrape in any process shows the removal; later counts begin new series.
   *
   * @throws MetricsError `REMOVE_FAILED` if the other processes cannot be notified
   */
  remove(family: FamilyDescriptor, filter: LabelFilter, scope: RemovalScope): void
  /**
   * The same for many filters at once. Optional: without it, `remove` is called for each of them.
   *
   * @param now whether to throw `REMOVE_FAILED`, and keep all series, if other processes cannot be notified at once; by
   * default, a store may notify them later
   */
  removeMany?(family: FamilyDescriptor, filters: readonly LabelFilter[], scope: RemovalScope, now?: boolean): void
  /**
   * Removes some of the series that other processes have removed, if the store does so with a delay; returns false if
   * there are none. Called repeatedly when a metric has reached its limit of series, until it is below the limit.
   */
  settle?(): boolean
  /** Stores an exemplar for a bucket of a series (0 for a counter), and replaces the last one. */
  setExemplar(family: FamilyDescriptor, series: SeriesRef, bucket: number, exemplar: Exemplar): void
  /**
   * Returns every series of this writer.
   *
   * @param family only series of this family are requested; a store may return others as well
   * @param times whether `createdAt` is requested
   */
  series(family?: FamilyDescriptor, times?: boolean): Iterable<StoredSeries>
  /** Makes the counts visible to readers. If a server must answer for that, the promise waits for the answer. */
  flush(): void | Promise<void>
  close(): void
}

/** Removes the series of many filters from a store, in one step if the store supports that. */
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

/**
 * Returns the name of a process among the writers: its pid, and the number of the thread unless it is the main thread.
 */
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

/** The process whose definition a family has. */
export interface FamilyOwner {
  readonly live: boolean
  /** When it started, in unix seconds. */
  readonly startedAt: number
}

/** One writer at one moment. */
export interface WriterSnapshot {
  readonly writer: string
  /** Number of its seat. */
  readonly seat: number
  /** The value of the label `worker`; by default, the number of the seat. Writers of one worker share it. */
  readonly worker?: string
  /** Set for a process outside of the application, which counts nothing that a scrape shows. */
  readonly guest?: boolean
  /**
   * The name of its process, which is the value of the label `pid`; `<pid>-<thread>` for a thread. By default, the
   * number of the seat.
   */
  readonly process?: string
  /**
   * The client whose files these are; undefined for promhive. If it defines a family differently, promhive's definition is
   * shown.
   */
  readonly client?: 'python'
  readonly live: boolean
  /** Epoch of the seat's current owner. */
  readonly epoch: number
  /** When the owner started, in unix seconds. If a family has two definitions, that of the newer owner is shown. */
  readonly startedAt: number
  /**
   * Set if several processes are one writer: the newest owner of each family of the log; undefined if no process has the
   * family any more.
   */
  readonly owners?: readonly (FamilyOwner | undefined)[]
  /** The number of series of each family that are in the log of another writer, which sums them up. */
  readonly summedSeries?: () => ReadonlyMap<string, number>
  /** Grows while the writer opens series; a rewritten file has a new log. */
  readonly log: SeriesLog
  /** Size of its values files. */
  readonly bytes: number
  /** The number of series for which there was no space. */
  readonly dropped: number
  /** Reads the exemplars. Called only for formats that show them; omitted by a backend without exemplars. */
  readonly exemplars?: () => readonly PlacedExemplar[]
  /** All slots of the writer, dense. Valid until the source is read again. */
  readonly values: Float64Array
}

export interface SourceReading {
  readonly writers: readonly WriterSnapshot[]
  /** The errors of what could not be read; everything else was read. */
  readonly errors: readonly MetricsError[]
  /**
   * Set if numbers are missing because they could never be read; the scrape is then answered with this error. Undefined
   * if all numbers are present, including last good values.
   */
  readonly incomplete?: MetricsError | undefined
  /** Set if nothing could be read now, and the writers are as they were last read. */
  readonly unread?: MetricsError | undefined
  /** Whether some counts are known only as the sum of several processes, so that they cannot be shown per worker. */
  readonly summed?: boolean
  /** Whether the engine that stores the numbers answered; undefined for a backend without an engine. */
  readonly reachable?: boolean
  /** Families about the backend itself, shown among the self-metrics. */
  readonly selfFamilies?: readonly SampleFamily[]
}

/** The read half of a backend, in the process that answers a scrape. Reads every writer. */
export interface Source {
  /** Reads every writer. `pause` is awaited between pieces of work, so that the event loop is not blocked for long. */
  read(pause: Pause): Promise<SourceReading>
  close(): void
}

/** One of promhive's own counters, and the label values to count under. */
export interface SelfCount {
  readonly name: string
  readonly help: string
  readonly label?: string
  readonly value?: string
}

/** What a process provides to its backend. */
export interface BackendContext {
  /** Called with a fault that must not reach the application's request. */
  onError(error: MetricsError): void
  /** Called with each series of this process that was removed, by any process. */
  onRemoved(family: FamilyDescriptor, key: SeriesKey): void
  /** Logs, in one sentence, that something works again after a reported error. */
  onRecovered?(text: string): void
  /**
   * Whether scrapes of this process show series per worker: then a backend keeps the counts of a dead process under its
   * seat.
   */
  perWorker?(): boolean
  /** Counts an action of the backend in this process, in a self-metric that is summed over all processes. */
  count?(metric: SelfCount, amount: number): void
}

/** A storage in which the processes of an application count together. */
export interface Backend {
  readonly name: string
  /** Whether other processes count in it too. If so, self-metrics are shown, and collectors publish. */
  readonly shared?: boolean
  /**
   * Identifies the storage, without credentials: processes whose backends have the same name and identity count
   * together.
   */
  readonly identity?: string | undefined
  /** The directory that the processes of this host share, if there is one. */
  readonly directory?: string | undefined
  /** Called once, before anything else. Connect here, and throw only errors that another configuration can solve. */
  begin?(context: BackendContext): void
  /** Called at each look-up. Returns the same store until the backend is closed, and never throws. */
  openStore(): Store
  openSource(): Source
  /**
   * Returns the lease of a task that one process does for all that count here, such as an exporter. Without this method,
   * every process does the task.
   */
  lease?(task: string): Lease
  /** Sends the last counts, then releases files, locks, connections and timers. */
  close?(): void | Promise<void>
}
