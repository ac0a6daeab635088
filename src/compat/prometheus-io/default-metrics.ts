import { defaultMetricsOf } from '../prom-client/default-metrics.js'
import type { Registry as PromClientRegistry } from '../prom-client/registry.js'
import type { RegistryContentType } from '../prom-client/types.js'
import { Registry } from './registry.js'

/** The options of `collectDefaultMetrics()`. Others change nothing. */
export interface DefaultMetricsCollectorConfiguration<T extends RegistryContentType> {
  /** Where the metrics are shown; the default registry by default. */
  register?: Registry<T>
  /** Prefix of every name. */
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

/** What the client measures, one name for several metrics. */
const metricsList = [
  'processCpuTotal',
  'processStartTime',
  'osMemoryHeap',
  'processOpenFileDescriptors',
  'processMaxFileDescriptors',
  'eventLoopLag',
  'eventLoopUtilization',
  'processResources',
  'processHandles',
  'processRequests',
  'heapSizeAndUsed',
  'heapSpacesSizeAndUsed',
  'version',
  'gc',
]

const collect = defaultMetricsOf(() => Registry.globalRegistry as unknown as PromClientRegistry, metricsList, [
  'gcDurationBuckets',
  'eventLoopMonitoringPrecision',
  'eventLoopUtilizationTimeout',
  'eventLoopUtilizationBuckets',
  'eventLoopUtilizationPercentiles',
  'eventLoopUtilizationAgeBuckets',
  'eventLoopUtilizationMaxAgeSeconds',
])

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

collectDefaultMetrics.metricsList = metricsList
