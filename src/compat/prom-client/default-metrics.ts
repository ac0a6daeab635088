import { collectDefaultMetrics as collectOwn } from '../../instrument/node/default-metrics.js'
import { processContext } from '../../runtime/current-context.js'
import { Registry } from './registry.js'
import type { RegistryContentType } from './types.js'
import { isObject } from './validation.js'

/** The options of `collectDefaultMetrics()`. Others, such as `timeout` of older versions, change nothing. */
export interface DefaultMetricsCollectorConfiguration<T extends RegistryContentType> {
  /** The registry that shows the metrics; by default the default registry. */
  register?: Registry<T>
  /** Put in front of every name. */
  prefix?: string
  /** The bounds of the histogram of garbage collections. */
  gcDurationBuckets?: number[]
  /** Milliseconds between two measurements of the event loop. */
  eventLoopMonitoringPrecision?: number
  /** Labels of every series. */
  labels?: object
  /** Milliseconds between two samples of the utilization of the event loop. */
  eventLoopUtilizationTimeout?: number
  /** The bounds of the histogram of these samples. */
  eventLoopUtilizationBuckets?: number[]
  /** The quantiles of the summary of these samples. */
  eventLoopUtilizationPercentiles?: number[]
  /** Seconds that the quantiles cover. */
  eventLoopUtilizationMaxAgeSeconds?: number
  /** Parts into which these seconds are divided. */
  eventLoopUtilizationAgeBuckets?: number
}

/** The first of the metrics. */
const firstName = 'process_cpu_user_seconds_total'

/** The function of one client: another client's, or promhive's own, may have measured the process before. */
export function defaultMetricsOf(
  globalRegistry: object,
  collect: (options: object) => void = collectOwn,
): (config: unknown) => void {
  /** The first metric of each call. */
  const made = new WeakSet<object>()
  return (config) => {
    if (config !== null && config !== undefined && !isObject(config)) {
      throw new TypeError('config must be null, undefined, or an object')
    }
    const given = (config ?? {}) as DefaultMetricsCollectorConfiguration<RegistryContentType>
    const { register = globalRegistry as Registry<RegistryContentType>, prefix, labels, gcDurationBuckets } = given
    const name = `${prefix || ''}${firstName}`
    const before = register.getSingleMetric(name)
    if (before !== undefined && made.has(before)) {
      throw new Error(`A metric with the name ${name} has already been registered.`)
    }
    collect({
      register: register === globalRegistry ? processContext().registry : register,
      prefix: prefix || undefined,
      labels: labels || undefined,
      gcDurationBuckets: gcDurationBuckets || undefined,
      eventLoopMonitoringPrecision: given.eventLoopMonitoringPrecision,
      eventLoopUtilizationTimeout: given.eventLoopUtilizationTimeout,
      eventLoopUtilizationBuckets: given.eventLoopUtilizationBuckets,
      eventLoopUtilizationPercentiles: given.eventLoopUtilizationPercentiles,
      eventLoopUtilizationMaxAgeSeconds: given.eventLoopUtilizationMaxAgeSeconds,
      eventLoopUtilizationAgeBuckets: given.eventLoopUtilizationAgeBuckets,
    })
    const metric = register.getSingleMetric(name)
    if (metric !== undefined) made.add(metric)
  }
}

const collect = defaultMetricsOf(Registry.globalRegistry)

/**
 * Measures the process and Node.js itself: CPU, memory, event loop, garbage collection, handles.
 *
 * @param config where and how, see its type
 * @throws TypeError if it is not an object; Error if it was called before for the same registry and prefix
 * @example collectDefaultMetrics({ labels: { service: 'shop' } })
 */
export function collectDefaultMetrics<T extends RegistryContentType>(
  config?: DefaultMetricsCollectorConfiguration<T> | null,
): void {
  collect(config)
}

/** What is measured, one name for several metrics. */
collectDefaultMetrics.metricsList = collectOwn.metricsList
