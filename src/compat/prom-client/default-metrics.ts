import { addDefaultMetrics } from '../../instrument/node/default-metrics.js'
import type { RegistryMember } from '../../registry/registered-metric.js'
import type { Registry as PromhiveRegistry } from '../../registry/registry.js'
import { processContext } from '../../runtime/current-context.js'
import { Registry } from './registry.js'
import { recordDeclared } from './series-labels.js'
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

/** How the client merges the metrics that are not summed. */
const aggregators: Readonly<Record<string, string>> = {
  process_start_time_seconds: 'omit',
  nodejs_eventloop_lag_seconds: 'average',
  nodejs_eventloop_lag_min_seconds: 'min',
  nodejs_eventloop_lag_max_seconds: 'max',
  nodejs_eventloop_lag_mean_seconds: 'average',
  nodejs_eventloop_lag_stddev_seconds: 'average',
  nodejs_eventloop_lag_p50_seconds: 'average',
  nodejs_eventloop_lag_p90_seconds: 'average',
  nodejs_eventloop_lag_p99_seconds: 'average',
  nodejs_version_info: 'first',
}

/** The first of the metrics. */
const firstName = 'process_cpu_user_seconds_total'

/**
 * The function of one client: another client's, or promhive's own, may have measured the process before.
 *
 * @param metricsList what the client measures
 */
export function defaultMetricsOf(globalRegistry: object, metricsList: readonly string[]): (config: unknown) => void {
  /** The first metric of each call. */
  const made = new WeakSet<object>()
  return (config) => {
    if (config !== null && config !== undefined && !isObject(config)) {
      throw new TypeError('config must be null, undefined, or an object')
    }
    const given = (config ?? {}) as DefaultMetricsCollectorConfiguration<RegistryContentType>
    const register = given.register || (globalRegistry as Registry<RegistryContentType>)
    const prefix = given.prefix || ''
    const labels = given.labels || {}
    const name = `${prefix}${firstName}`
    const before = register.getSingleMetric(name)
    if (before !== undefined && made.has(before)) {
      throw new Error(`A metric with the name ${name} has already been registered.`)
    }
    const others = new Set<object>(register.getMetricsAsArray())
    // promhive's own registry accepts a metric that it has already.
    const own = register === globalRegistry ? processContext().registry : register
    addDefaultMetrics(metricsList, {
      ...{ register: own as unknown as PromhiveRegistry, prefix, labels },
      gcDurationBuckets: given.gcDurationBuckets || undefined,
      eventLoopMonitoringPrecision: given.eventLoopMonitoringPrecision,
      eventLoopUtilizationTimeout: given.eventLoopUtilizationTimeout,
      eventLoopUtilizationBuckets: given.eventLoopUtilizationBuckets,
      eventLoopUtilizationPercentiles: given.eventLoopUtilizationPercentiles,
      eventLoopUtilizationMaxAgeSeconds: given.eventLoopUtilizationMaxAgeSeconds,
      eventLoopUtilizationAgeBuckets: given.eventLoopUtilizationAgeBuckets,
    })
    for (const metric of register.getMetricsAsArray() as unknown as readonly DefaultMember[])
      if (!others.has(metric)) asClient(metric, prefix, labels)
    const first = register.getSingleMetric(name)
    if (first !== undefined) made.add(first)
  }
}

type DefaultMember = RegistryMember & { readonly labelNames?: readonly string[] }

/** Has one of the metrics show its labels and its aggregator as the client's does. */
function asClient(metric: DefaultMember, prefix: string, labels: object): void {
  const { family, labelNames = [], name } = metric
  if (family === undefined) return
  recordDeclared(family, labelNames, { major: 1, minor: 1, patch: 1, ...labels })
  Object.assign(metric, { aggregator: aggregators[name.slice(prefix.length)] ?? 'sum' })
}

const metricsList = [
  'processCpuTotal',
  'processStartTime',
  'osMemoryHeap',
  'processOpenFileDescriptors',
  'processMaxFileDescriptors',
  'eventLoopLag',
  'processResources',
  'processHandles',
  'processRequests',
  'heapSizeAndUsed',
  'heapSpacesSizeAndUsed',
  'version',
  'gc',
]

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
