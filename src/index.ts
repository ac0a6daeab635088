import { Registry } from './collect/registry.js'
import { processHome } from './default-registry.js'
import { type MetricsServer, type MetricsServerOptions, openMetricsServer } from './delivery/scrape-server.js'
import type { ConfigureOptions } from './process-home.js'

export type { CollectedFamily, CollectedValue, Collector } from './collect/collector.js'
export type { RegistryOptions } from './collect/registry-options.js'
export type { MetricsServer, MetricsServerOptions } from './delivery/scrape-server.js'
export { collectDefaultMetrics, type DefaultMetricsOptions } from './instrument/runtime/default-metrics.js'
export { Counter } from './metric/counter.js'
export { Gauge } from './metric/gauge.js'
export { Histogram } from './metric/histogram.js'
export { Info } from './metric/info.js'
export { StateSet, StateSet as Enum } from './metric/stateset.js'
export { Summary } from './metric/summary.js'
export { exponentialBuckets, linearBuckets } from './model/bounds.js'
export { MetricsError, type MetricsErrorCode } from './model/errors.js'
export type { GaugeMode, MetricType, StateSetMode } from './model/metric-type.js'
export type { ConfigureOptions } from './process-home.js'
export { Registry }

/**
 * Says where the processes of the application count together, and who is told of faults. The environment variable
 * `PROMHIVE_DIR` does the same without code.
 *
 * @throws MetricsError `OPTION_INVALID`, and `DIRECTORY_UNUSABLE` when `strict` is set
 * @example configure({ dir: '/dev/shm/shop' })
 */
export function configure(options: ConfigureOptions): void {
  processHome().configure(options)
}

/**
 * Opens a port of its own for scrapes: `GET /metrics` answers with the numbers of the whole application.
 *
 * @param options port (9464; 0 takes any free one), host (127.0.0.1), path (/metrics), registry (the default one)
 * @throws MetricsError `OPTION_INVALID`; `PORT_TAKEN` when the port stays taken after a few tries
 * @example
 * const metrics = await startMetricsServer({ port: 9464 })
 * console.log(`metrics at ${metrics.url}`)
 */
export function startMetricsServer(options: Partial<MetricsServerOptions> = {}): Promise<MetricsServer> {
  return openMetricsServer({ ...options, registry: options.registry ?? register })
}

/**
 * Does nothing, for those who look for it: who lives is what the kernel says, the moment a process ends. What a dead
 * process had in `live…` gauges is gone with the next scrape, and the rest is kept.
 */
export function markProcessDead(_pid?: number): void {}

/** The content type of text format 0.0.4. */
export const prometheusContentType = Registry.PROMETHEUS_CONTENT_TYPE

/** The content type of OpenMetrics 1.0, which Prometheus asks for. */
export const openMetricsContentType = Registry.OPENMETRICS_CONTENT_TYPE

/** The default registry: metrics that name no other are shown in it. */
export const register = processHome().registry
