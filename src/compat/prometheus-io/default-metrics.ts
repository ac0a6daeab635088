import { collectDefaultMetrics as collectOfPromClient, defaultMetricsOf } from '../prom-client/default-metrics.js'
import type { RegistryContentType } from '../prom-client/types.js'
import { Registry } from './registry.js'

/** The options of `collectDefaultMetrics()`. Others change nothing. */
export interface DefaultMetricsCollectorConfiguration<T extends RegistryContentType> {
  /** Where the metrics are shown; the default registry by default. */
  register?: Registry<T>
  /** Put in front of every name. */
  prefix?: string
  /** The bounds of the histogram of garbage collections. */
  gcDurationBuckets?: number[]
  /** Milliseconds between two measurements of the event loop. */
  eventLoopMonitoringPrecision?: number
  /** Milliseconds between two measurements of the utilization of the event loop. */
  eventLoopUtilizationTimeout?: number
  /** The bounds of the histogram of the utilization. */
  eventLoopUtilizationBuckets?: number[]
  /** The quantiles of the summary of the utilization. */
  eventLoopUtilizationPercentiles?: number[]
  /** Into how many parts the window of the summary is divided. */
  eventLoopUtilizationAgeBuckets?: number
  /** Seconds of the window of the summary. */
  eventLoopUtilizationMaxAgeSeconds?: number
  /** Labels of every series. */
  labels?: object
}

const metricsList = collectOfPromClient.metricsList.flatMap((name) =>
  name === 'eventLoopLag' ? [name, 'eventLoopUtilization'] : [name],
)

const collect = defaultMetricsOf(Registry.globalRegistry, metricsList)

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
collectDefaultMetrics.metricsList = metricsList
