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
  /** Prefix of every name. */
  prefix?: string
  /** The bounds of the histogram of garbage collections. */
  gcDurationBuckets?: number[]
  /** Milliseconds between two measurements of the event loop. */
  eventLoopMonitoringPrecision?: number
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
  'processResources',
  'processHandles',
  'processRequests',
  'heapSizeAndUsed',
  'heapSpacesSizeAndUsed',
  'version',
  'gc',
]

/** How the client merges those that are not summed. */
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
 * The function of one client. Another client's, or promhive's own, may have measured the process before, which does not count as a second call.
 *
 * @param globalRegistry returns the registry of metrics that name none
 * @param metricsList what the client measures
 * @param optionNames the options that are passed on as they are
 */
export function defaultMetricsOf(
  globalRegistry: () => Registry,
  metricsList: readonly string[],
  optionNames: readonly string[],
): (config: unknown) => void {
  /** The first metric of each call. */
  const made = new WeakSet<object>()
  return (config) => {
    if (config !== null && config !== undefined && !isObject(config)) {
      throw new TypeError('config must be null, undefined, or an object')
    }
    const settings = (config ?? {}) as Readonly<Record<string, unknown>>
    const registry = (settings.register || globalRegistry()) as Registry
    const prefix = String(settings.prefix || '')
    const labels = (settings.labels || {}) as object
    const before = registry.getSingleMetric(prefix + firstName)
    if (before !== undefined && made.has(before)) {
      throw new Error(`A metric with the name ${prefix}${firstName} has already been registered.`)
    }
    const others = new Set<object>(registry.getMetricsAsArray())
    // promhive's registry takes what it measures already for the same metric.
    const processRegistry = processContext().registry
    const register =
      registry.contents === processRegistry.contents ? processRegistry : (registry as unknown as PromhiveRegistry)
    const options = Object.fromEntries(optionNames.map((name) => [name, settings[name] || undefined]))
    addDefaultMetrics(metricsList, { ...options, prefix, labels, register })
    for (const metric of registry.contents.members.all()) if (!others.has(metric)) asClient(metric, prefix, labels)
    const first = registry.getSingleMetric(prefix + firstName)
    if (first !== undefined) made.add(first)
  }
}

const collect = defaultMetricsOf(() => Registry.globalRegistry, metricsList, [
  'gcDurationBuckets',
  'eventLoopMonitoringPrecision',
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

/** Has one of the metrics show its labels and its aggregator as the client's does. */
function asClient(metric: RegistryMember & { labelNames?: readonly string[] }, prefix: string, labels: object): void {
  const { family, labelNames = [], name } = metric
  if (family === undefined) return
  recordDeclared(family, labelNames, { major: 1, minor: 1, patch: 1, ...labels })
  Object.assign(metric, { aggregator: aggregators[name.slice(prefix.length)] ?? 'sum' })
}

collectDefaultMetrics.metricsList = metricsList
