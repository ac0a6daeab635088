import type { FamilyDescriptor } from '../model/descriptor.js'
import type { MetricsError } from '../model/errors.js'
import type { WorkerLabel } from '../model/label-set.js'
import type { SeriesKey } from '../model/series-key.js'
import type { Store } from '../store/contract.js'
import type { MetricValues } from './metric-values.js'

/** The store of a metric, and the receiver of its errors. */
export interface Counting {
  /** Returns the current store; opened at the first use. */
  store(): Store
  /** Called with a fault that must not reach the application's request. */
  onError(error: MetricsError): void
}

/** What the metrics of one process share: their store, and the merged view of all processes. */
export interface MetricContext extends Counting {
  /** The registry of metrics without `registers`. */
  readonly registry: MetricRegistry
  /** Returns the store for numbers that belong to no process: only the process that answers a scrape shows them. */
  localStore(): Store
  /** Returns the merged samples of one metric, over all processes. */
  read(metric: RegisteredMetric): Promise<MetricValues>
  /** The label of series that each process keeps for itself. It is fixed once it has been read. */
  readonly workerLabel: WorkerLabel
  /** The default of `maxSeries`. */
  readonly maxSeries: number
  /** Called for each count above a metric's limit. */
  limited(metric: string): void
  /** Notifies a metric when other code removes one of its series in this process. */
  watchRemovals(metric: RemovalWatcher): void
  /** Returns a name for a nameless registry or metric: processes that run the same code get the same names. */
  nextNameless(what: Nameless): string
}

/** What may have no name: a registry, or a metric in no registry. */
export type Nameless = 'registry' | 'metric'

/** A metric that forgets its children when their series are removed. */
export interface RemovalWatcher {
  readonly family: FamilyDescriptor
  seriesRemoved(key: SeriesKey): void
}

/** A metric, as a registry knows it. */
export interface RegisteredMetric {
  readonly name: string
  readonly help: string
  get(): MetricValues | Promise<MetricValues>
}

/** A registry, as a metric knows it. */
export interface MetricRegistry {
  /** The name that identifies the registry across processes. */
  readonly registryName: string
  /** The prefix of the names of its metrics. */
  readonly prefix: string
  /** @internal */
  readonly context: MetricContext
  registerMetric(metric: RegisteredMetric): void
}

let provided: () => MetricContext = () => {
  throw new Error('promhive: import the package by its front door, not by a file inside it')
}

/** `runtime` composes the context of this process; lower rooms only request it. */
export function provideContext(provide: () => MetricContext): void {
  provided = provide
}

export function metricContext(): MetricContext {
  return provided()
}
