import { checkLimit } from '../metric/definition.js'
import { MetricsError } from '../model/errors.js'
import { checkOptions, type OptionNames } from '../model/known-options.js'
import type { WorkerLabel } from '../model/label-set.js'
import { describe } from '../model/metric-name.js'
import { firstSet, isOff, isOn, variables } from '../platform/environment.js'
import type { Backend } from '../store/contract.js'
import type { LogOptions } from './process-log.js'

export interface ConfigureOptions extends LogOptions {
  /**
   * The directory that the processes of the application share; `memory` keeps this process to itself. Earlier counts move
   * there.
   */
  readonly dir?: string | undefined
  /** The backend in which the processes count together, instead of a directory. Earlier counts move there. */
  readonly backend?: Backend | undefined
  /** Whether to throw if the directory cannot be used, instead of counting in this process only. */
  readonly strict?: boolean | undefined
  /** Called for every error of a scrape or the store; a warning is logged once per code. */
  readonly onError?: ((error: MetricsError) => void) | undefined
  /** Whether the default registry shows `promhive_…` families. By default, if processes share a directory. */
  readonly selfMetrics?: boolean | undefined
  /**
   * Whether OpenMetrics shows the creation time of each counter, histogram and summary as `…_created` samples. The
   * default is true, unless `PROMETHEUS_DISABLE_CREATED_SERIES` is set (the Python client's variable). Prometheus 2
   * stores them as separate series. Set it before the first scrape.
   */
  readonly created?: boolean | undefined
  /**
   * The label that distinguishes series of single processes: `worker` (the default) is the number of the seat, which
   * the next process takes over, so the number of series stays the same; `pid` is the process, as in Python's client.
   * The environment variable `PROMHIVE_WORKER_LABEL` does the same. Set it before the first metric.
   */
  readonly workerLabel?: WorkerLabel | undefined
  /**
   * Whether scrapes that this process answers show every series once for each worker, with its number in the label
   * `worker`. The default is false, or `PROMHIVE_PER_WORKER`.
   */
  readonly perWorker?: boolean | undefined
  /** The default `maxSeries` of metrics: the maximum number of series of a metric in one process. By default no limit. */
  readonly maxSeries?: number | undefined
}

const configureOptions = {
  dir: true,
  backend: true,
  strict: true,
  onError: true,
  selfMetrics: true,
  created: true,
  workerLabel: true,
  perWorker: true,
  maxSeries: true,
  logger: true,
  logLevel: true,
} as const satisfies OptionNames<ConfigureOptions>

/** Whether the environment leaves `created` enabled. */
export function createdByEnvironment(): boolean {
  return !isOn(variables.createdDisabled)
}

/** @throws MetricsError `OPTION_INVALID`, with the option */
export function checkConfigureOptions(options: ConfigureOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new MetricsError('OPTION_INVALID', `configure takes an object such as { dir }, got ${describe(options)}`)
  }
  checkOptions('configure', options, configureOptions)
  const { dir } = options
  if (dir !== undefined && (typeof dir !== 'string' || dir === '')) {
    throw new MetricsError('OPTION_INVALID', `configure: dir must be the path of a directory, got ${describe(dir)}`)
  }
  perWorkerIn(options)
  checkLimit('configure', options)
}

/**
 * Returns whether scrapes show series per worker.
 *
 * @throws MetricsError `OPTION_INVALID` unless the option is a boolean
 */
export function perWorkerIn({ perWorker = perWorkerByEnvironment() }: ConfigureOptions): boolean {
  if (typeof perWorker === 'boolean') return perWorker
  throw new MetricsError('OPTION_INVALID', `configure: perWorker must be true or false, got ${describe(perWorker)}`)
}

/** Whether the environment chooses series per worker. */
export function perWorkerByEnvironment(): boolean {
  return firstSet(variables.perWorker) !== undefined && !isOff(variables.perWorker)
}
