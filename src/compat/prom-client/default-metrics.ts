import { collectDefaultMetrics as collectOwn } from '../../instrument/node/default-metrics.js'
import type { Registry as PromhiveRegistry } from '../../registry/registry.js'
import { processContext } from '../../runtime/current-context.js'
import { Registry } from './registry.js'
import type { RegistryContentType } from './types.js'
import { isObject } from './validation.js'

/** The options of `collectDefaultMetrics()`. Others, such as `timeout` of older versions, change nothing. */
export interface DefaultMetricsCollectorConfiguration<T extends RegistryContentType> {
  /** Where the metrics are shown; the default registry when left out. */
  register?: Registry<T>
  /** Put in front of every name. */
  prefix?: string
  /** The bounds of the histogram of garbage collections. */
  gcDurationBuckets?: number[]
  /** Milliseconds between two measurements of the event loop. */
  eventLoopMonitoringPrecision?: number
  /** Labels of every series. */
  labels?: object
}

/** The first of the metrics. */
const firstName = 'process_cpu_user_seconds_total'

/** The first metric of each call. */
const made = new WeakSet<object>()

/**
 * Measures the process and Node.js itself: CPU, memory, event loop, garbage collection, handles.
 *
 * @param config where and how, see its type
 * @throws TypeError for what is no object; Error if it was called before for the same registry and prefix
 * @example collectDefaultMetrics({ labels: { service: 'shop' } })
 */
export function collectDefaultMetrics<T extends RegistryContentType>(
  config?: DefaultMetricsCollectorConfiguration<T> | null,
): void {
  if (config !== null && config !== undefined && !isObject(config)) {
    throw new TypeError('config must be null, undefined, or an object')
  }
  const {
    register = Registry.globalRegistry,
    prefix,
    labels,
    gcDurationBuckets,
    eventLoopMonitoringPrecision,
  } = config ?? {}
  const name = `${prefix || ''}${firstName}`
  const before = register.getSingleMetric(name)
  // The application may measure by promhive's own function as well: that is no second call.
  if (before !== undefined && made.has(before)) {
    throw new Error(`A metric with the name ${name} has already been registered.`)
  }
  const own = register === (Registry.globalRegistry as unknown) ? processContext().registry : register
  collectOwn({
    register: own as unknown as PromhiveRegistry,
    prefix: prefix || undefined,
    labels: labels || undefined,
    gcDurationBuckets: gcDurationBuckets || undefined,
    eventLoopMonitoringPrecision,
  })
  const metric = register.getSingleMetric(name)
  if (metric !== undefined) made.add(metric)
}

/** What is measured, one name for several metrics. */
collectDefaultMetrics.metricsList = collectOwn.metricsList
