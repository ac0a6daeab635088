import type { LabelValues } from '../../metric/options.js'
import { MetricsError } from '../../model/errors.js'
import { checkOptions, givenOptions, type OptionNames } from '../../model/known-options.js'
import { describe } from '../../model/metric-name.js'
import { setImmediate } from '../../platform/timers.js'
import type { Registry } from '../../registry/registry.js'
import { registryContext } from '../../registry/registry-context.js'
import { cgroupLimitMetrics } from './cgroup.js'
import { EventLoop, eventLoopLag, eventLoopUtilization } from './event-loop.js'
import { gc } from './gc.js'
import { activeHandles, activeRequests, activeResources } from './handles.js'
import { heapSize, heapSpaces } from './heap.js'
import {
  processCpu,
  processMaxFileDescriptors,
  processMemory,
  processOpenFileDescriptors,
  processStartTime,
  processThreads,
} from './process.js'
import { RuntimeMetrics } from './runtime-metrics.js'
import { type UtilizationSampleOptions, utilizationSamples } from './utilization-samples.js'
import { version } from './version.js'

export interface DefaultMetricsOptions {
  /** The registry that shows the metrics. By default, the default registry. */
  readonly register?: Registry | undefined
  /** Prefix of every name. */
  readonly prefix?: string | undefined
  /** Labels of every series. */
  readonly labels?: object | undefined
  /** Upper bounds of `nodejs_gc_duration_seconds`: by default 0.001, 0.01, 0.1, 1, 2 and 5. */
  readonly gcDurationBuckets?: readonly number[] | undefined
  /** Milliseconds between two measurements of the event loop. The default is 10. */
  readonly eventLoopMonitoringPrecision?: number | undefined
  /** Milliseconds between two samples of the utilization of the event loop. The default is 100. */
  readonly eventLoopUtilizationTimeout?: number | undefined
  /** Upper bounds of `nodejs_eventloop_utilization_histogram`: by default thirteen from 0.01 to 1. */
  readonly eventLoopUtilizationBuckets?: readonly number[] | undefined
  /** Quantiles of `nodejs_eventloop_utilization_summary`: by default 0.01, 0.05, 0.5, 0.9, 0.95, 0.99 and 0.999. */
  readonly eventLoopUtilizationPercentiles?: readonly number[] | undefined
  /** Seconds that these quantiles cover. The default is the last 60. */
  readonly eventLoopUtilizationMaxAgeSeconds?: number | undefined
  /** Parts into which these seconds are divided; the oldest is dropped when one ends. The default is 5. */
  readonly eventLoopUtilizationAgeBuckets?: number | undefined
  /** Shows each gauge and counter per worker, with the label `worker`, instead of once for the whole application. */
  readonly perWorker?: boolean | undefined
}

const known = {
  register: true,
  prefix: true,
  labels: true,
  gcDurationBuckets: true,
  eventLoopMonitoringPrecision: true,
  eventLoopUtilizationTimeout: true,
  eventLoopUtilizationBuckets: true,
  eventLoopUtilizationPercentiles: true,
  eventLoopUtilizationMaxAgeSeconds: true,
  eventLoopUtilizationAgeBuckets: true,
  perWorker: true,
} as const satisfies OptionNames<DefaultMetricsOptions>

/**
 * Options of prom-client's versions and plug-ins that have no effect here: fastify-metrics passes `enabled`,
 * prometheus-api-metrics `timeout`.
 */
const passedOver = {
  enabled: true,
  enableExemplars: true,
  timeout: true,
  timestamps: true,
} as const

const defaults = { prefix: '', labels: {}, eventLoopMonitoringPrecision: 10, perWorker: false } as const

interface Parts {
  readonly loop: EventLoop
  readonly gcDurationBuckets: readonly number[] | undefined
  readonly samples: UtilizationSampleOptions
}

/** With prom-client's names, where it has one. */
const families: Readonly<Record<string, (metrics: RuntimeMetrics, parts: Parts) => void>> = {
  processCpuTotal: processCpu,
  processStartTime,
  osMemoryHeap: processMemory,
  processOpenFileDescriptors,
  processMaxFileDescriptors,
  eventLoopLag: (metrics, { loop }) => eventLoopLag(metrics, loop),
  processResources: activeResources,
  processHandles: activeHandles,
  processRequests: activeRequests,
  heapSizeAndUsed: heapSize,
  heapSpacesSizeAndUsed: heapSpaces,
  version,
  gc: (metrics, { gcDurationBuckets }) => gc(metrics, gcDurationBuckets),
  processThreads,
  processCgroupLimits: cgroupLimitMetrics,
  eventLoopUtilization: (metrics, { samples }) => utilizationSamples(metrics, samples),
  eventLoopTime: (metrics, { loop }) => eventLoopUtilization(metrics, loop),
}

/** Collects those that `collectDefaultMetrics.metricsList` names. */
export function addDefaultMetrics(names: readonly string[], options?: DefaultMetricsOptions | null): void {
  const { register, gcDurationBuckets, ...settings } = check(options)
  const { prefix, labels, eventLoopMonitoringPrecision, perWorker } = { ...defaults, ...settings }
  const context = registryContext()
  const registry = register ?? context.registry
  const metrics = new RuntimeMetrics({ registry, prefix, labels: labels as LabelValues<string>, perWorker })
  const loop = new EventLoop(eventLoopMonitoringPrecision)
  const samples = givenOptions({
    interval: settings.eventLoopUtilizationTimeout,
    buckets: settings.eventLoopUtilizationBuckets,
    quantiles: settings.eventLoopUtilizationPercentiles,
    maxAgeSeconds: settings.eventLoopUtilizationMaxAgeSeconds,
    ageBuckets: settings.eventLoopUtilizationAgeBuckets,
  })
  for (const name of names) families[name]?.(metrics, { loop, gcDurationBuckets, samples })
  // A process with default metrics belongs to the application, even if it counts nothing; after this turn, so that configure() runs first.
  setImmediate(() => context.store()).unref()
}

/**
 * Measures the process and Node.js itself: CPU, memory, event loop, garbage collection, handles. Under the names of
 * prom-client; of several processes as totals of the whole application.
 *
 * To be called in every process. A second call for the same registry changes nothing.
 *
 * @throws MetricsError `OPTION_INVALID`; `NAME_TAKEN` when one of the names means another metric already
 * @example
 * collectDefaultMetrics({ labels: { service: 'shop' } })
 */
export const collectDefaultMetrics: {
  (options?: DefaultMetricsOptions | null): void
  /** The names of the measurements, one for several metrics: prom-client's list. */
  metricsList: string[]
} = /* @__PURE__ */ withList(function collectDefaultMetrics(options) {
  addDefaultMetrics(Object.keys(families), options)
})

/** A function, so that a bundler can leave out what an application does not call. */
function withList(collect: (options?: DefaultMetricsOptions | null) => void): typeof collectDefaultMetrics {
  return Object.assign(collect, { metricsList: Object.keys(families) })
}

type DefaultMetricsSettings = { readonly [K in keyof DefaultMetricsOptions]: NonNullable<DefaultMetricsOptions[K]> }

/** The options that are not undefined. */
function check(options: DefaultMetricsOptions | null | undefined): DefaultMetricsSettings {
  if (options === undefined || options === null) return {}
  if (typeof options !== 'object') throw invalid('takes an object such as { prefix }', options)
  checkOptions('collectDefaultMetrics', options, known, passedOver)
  const settings: DefaultMetricsSettings = givenOptions(options)
  const { prefix, labels, perWorker } = settings
  if (prefix !== undefined && typeof prefix !== 'string') throw invalid('prefix must be a string', prefix)
  if (labels !== undefined && (typeof labels !== 'object' || labels === null)) {
    throw invalid('labels must be an object of label values', labels)
  }
  for (const name of ['eventLoopMonitoringPrecision', 'eventLoopUtilizationTimeout'] as const) {
    const milliseconds = settings[name]
    if (milliseconds !== undefined && !(Number.isInteger(milliseconds) && milliseconds > 0)) {
      throw invalid(`${name} must be a whole number of milliseconds`, milliseconds)
    }
  }
  if (perWorker !== undefined && typeof perWorker !== 'boolean') {
    throw invalid('perWorker must be true or false', perWorker)
  }
  return settings
}

function invalid(rule: string, value: unknown): MetricsError {
  return new MetricsError('OPTION_INVALID', `collectDefaultMetrics: ${rule}, got ${describe(value)}`)
}
