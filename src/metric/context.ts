import type { FamilyDescriptor } from '../model/descriptor.js'
import type { MetricsError } from '../model/errors.js'
import type { WorkerLabel } from '../model/label-set.js'
import type { SeriesKey } from '../model/series-key.js'
import type { Store } from '../store/contract.js'
import type { MetricValues } from './metric-values.js'

/** Where a metric counts, and where faults are reported. */
export interface Counting {
  /** The store at this moment; opened on first use. */
  store(): Store
  /** Called with a fault that must not reach the application's request. */
  onError(error: MetricsError): void
}

/** What the metrics of one process share: the store that they count into, and the merged view of all processes. */
export interface MetricContext extends Counting {
  /** The registry of metrics that name none. */
  readonly registry: MetricRegistry
  /** Where numbers stay that belong to no process: only the one that answers a scrape shows its own. */
  localStore(): Store
  /** The merged samples of one metric, over all processes. */
  read(metric: RegisteredMetric): Promise<MetricValues>
  /** The label of series that each process keeps for itself. Asked for once, it stays. */
  readonly workerLabel: WorkerLabel
  /** How many series a metric may have that does not say itself. */
  readonly maxSeries: number
  /** Called for each count that met a metric's limit. */
  limited(metric: string): void
  /** Notifies a metric when one of its series in this process is removed by other code. */
  watchRemovals(metric: RemovalWatcher): void
  /** A name for what has none: processes that run the same code count alike, and so mean the same one. */
  nextNameless(what: Nameless): string
}

/** What may have no name: a registry, or a metric in no registry. */
export type Nameless = 'registry' | 'metric'

/** A metric that forgets its children when their series are removed. */
export interface RemovalWatcher {
  readonly family: FamilyDescriptor
  seriesRemoved(key: SeriesKey): void
}

/** What a registry needs to know of a metric, whatever made it. */
export interface RegisteredMetric {
  readonly name: string
  readonly help: string
  get(): MetricValues | Promise<MetricValues>
}

/** What a metric needs to know of a registry. */
export interface MetricRegistry {
  /** The name under which processes mean the same registry. */
  readonly registryName: string
  /** Put in front of the names of the metrics that are made in it. */
  readonly prefix: string
  /** @internal */
  readonly context: MetricContext
  registerMetric(metric: RegisteredMetric): void
}

let provided: () => MetricContext = () => {
  throw new Error('promhive: import the package by its front door, not by a file inside it')
}

/** `runtime` composes the context of this process; the rooms below only request it. */
export function provideContext(provide: () => MetricContext): void {
  provided = provide
}

export function metricContext(): MetricContext {
  return provided()
}
