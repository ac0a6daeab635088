import type { MetricsError } from '../model/errors.js'
import type { OptionNames } from '../model/known-options.js'
import type { WorkerLabel } from '../model/label-set.js'
import { isOn, variables } from '../platform/environment.js'
import type { Backend } from '../store/contract.js'
import type { LogOptions } from './process-log.js'

export interface ConfigureOptions extends LogOptions {
  /** The directory that the processes of the application share. What was counted before is carried there. */
  readonly dir?: string | undefined
  /** Where the processes count together instead of in a directory. What was counted before is carried there. */
  readonly backend?: Backend | undefined
  /** Throw when the directory cannot be used, instead of counting in this process alone. */
  readonly strict?: boolean | undefined
  /** Called for every fault of a scrape or the store; a warning is emitted once per kind. */
  readonly onError?: ((error: MetricsError) => void) | undefined
  /** Whether the default registry shows `promhive_…` families. When left out: where processes share a directory. */
  readonly selfMetrics?: boolean | undefined
  /**
   * Whether OpenMetrics shows when each counter, histogram and summary began, as `…_created` samples: the default, unless
   * `PROMETHEUS_DISABLE_CREATED_SERIES` is set (the Python client's variable). Prometheus 2 keeps them as series of
   * their own. Decide before the first scrape.
   */
  readonly created?: boolean | undefined
  /**
   * The label of series that each process keeps for itself: `worker` (the default), the number of its seat, which the next
   * process takes over, so that the number of series stays; or `pid`, the process's, as in Python's client. The environment
   * variable `PROMHIVE_WORKER_LABEL` does the same. Decide before the first metric.
   */
  readonly workerLabel?: WorkerLabel | undefined
  /** The default `maxSeries` of metrics: the maximum of series of a metric in one process. Unlimited when left out. */
  readonly maxSeries?: number | undefined
}

export const configureOptions = {
  dir: true,
  backend: true,
  strict: true,
  onError: true,
  selfMetrics: true,
  created: true,
  workerLabel: true,
  maxSeries: true,
  logger: true,
  logLevel: true,
} as const satisfies OptionNames<ConfigureOptions>

/** Whether the environment leaves `created` on. */
export function createdByEnvironment(): boolean {
  return !isOn(variables.createdDisabled)
}
