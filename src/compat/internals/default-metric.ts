import { addDefaultMetrics, type DefaultMetricsOptions } from '../../instrument/node/default-metrics.js'
import type { Registry as PromhiveRegistry } from '../../registry/registry.js'
import { processContext } from '../../runtime/current-context.js'
import type { Registry } from '../prom-client/registry.js'

/** What a file below `lib/metrics` of prom-client adds: the names of its metrics. */
const names = {
  eventLoopLag: ['', '_min', '_max', '_mean', '_stddev', '_p50', '_p90', '_p99'].map(
    (figure) => `nodejs_eventloop_lag${figure}_seconds`,
  ),
  eventLoopUtilization: ['nodejs_eventloop_utilization_summary', 'nodejs_eventloop_utilization_histogram'],
  gc: ['nodejs_gc_duration_seconds'],
  heapSizeAndUsed: ['nodejs_heap_size_total_bytes', 'nodejs_heap_size_used_bytes', 'nodejs_external_memory_bytes'],
  heapSpacesSizeAndUsed: ['total', 'used', 'available'].map((size) => `nodejs_heap_space_size_${size}_bytes`),
  osMemoryHeap: ['process_resident_memory_bytes', 'process_virtual_memory_bytes', 'process_heap_bytes'],
  processCpuTotal: ['user_', 'system_', ''].map((mode) => `process_cpu_${mode}seconds_total`),
  processHandles: ['nodejs_active_handles', 'nodejs_active_handles_total'],
  processMaxFileDescriptors: ['process_max_fds'],
  processOpenFileDescriptors: ['process_open_fds'],
  processRequests: ['nodejs_active_requests', 'nodejs_active_requests_total'],
  processResources: ['nodejs_active_resources', 'nodejs_active_resources_total'],
  processStartTime: ['process_start_time_seconds'],
  version: ['nodejs_version_info'],
} as const satisfies Record<string, readonly string[]>

/** Adds some of the default metrics to a registry, by default to the default registry. A second call changes nothing. */
export interface DefaultMetric {
  (registry?: Registry, config?: Omit<DefaultMetricsOptions, 'register'>): void
  readonly metricNames: readonly string[]
}

/** The function that a file below `lib/metrics` exports. */
export function defaultMetric(name: keyof typeof names): DefaultMetric {
  const add = (registry?: Registry, config: Omit<DefaultMetricsOptions, 'register'> = {}): void => {
    const processRegistry = processContext().registry
    const isProcessRegistry = registry === undefined || registry.contents === processRegistry.contents
    const register = isProcessRegistry ? processRegistry : (registry as unknown as PromhiveRegistry)
    const {
      prefix,
      labels,
      gcDurationBuckets,
      eventLoopMonitoringPrecision,
      eventLoopUtilizationTimeout,
      eventLoopUtilizationBuckets,
      eventLoopUtilizationPercentiles,
      eventLoopUtilizationMaxAgeSeconds,
      eventLoopUtilizationAgeBuckets,
    } = config
    addDefaultMetrics([name], {
      ...{ register, prefix, labels, gcDurationBuckets, eventLoopMonitoringPrecision, eventLoopUtilizationTimeout },
      ...{ eventLoopUtilizationBuckets, eventLoopUtilizationPercentiles },
      ...{ eventLoopUtilizationMaxAgeSeconds, eventLoopUtilizationAgeBuckets },
    })
  }
  return Object.assign(add, { metricNames: names[name] })
}
