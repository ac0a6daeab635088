import {
  type MetricsServer,
  type MetricsServerOptions,
  metricsServerOptions,
  openMetricsServer,
} from './export/http/scrape-server.js'
import { portMetrics } from './instrument/port/port-metrics.js'
import { checkOptions, givenOptions } from './model/known-options.js'
import { held } from './platform/held.js'
import { Registry } from './registry/registry.js'
import { type BackendChoice, chooseBackend } from './runtime/backend/backend-choice.js'
import type { BackendConfig } from './runtime/backend/backend-config.js'
import type { ConfigureOptions } from './runtime/configure-options.js'
import { processHome } from './runtime/current-context.js'
import type { Backend } from './store/contract.js'

export type { MetricsServer, MetricsServerOptions } from './export/http/scrape-server.js'
export { type Measuring, measure } from './instrument/measure/measure.js'
export type { ComputedLabels, DurationUnit, MeasureOptions } from './instrument/measure/measure-options.js'
export { collectDefaultMetrics, type DefaultMetricsOptions } from './instrument/node/default-metrics.js'
export { Counter } from './metric/counter.js'
export { Gauge } from './metric/gauge.js'
export { Histogram } from './metric/histogram.js'
export { Info } from './metric/info.js'
export { StateSet, StateSet as Enum } from './metric/stateset.js'
export { Summary } from './metric/summary.js'
export { exponentialBuckets, linearBuckets } from './model/bounds.js'
export { MetricsError, type MetricsErrorCode } from './model/errors.js'
export type { GivenLogger, LogFields, Logger, LogLevel } from './model/logger.js'
export type { GaugeMode, MetricType, StateSetMode } from './model/metric-type.js'
export type { CollectedFamily, CollectedValue, Collector } from './registry/collector.js'
export type { RegistryOptions } from './registry/registry-options.js'
export type { BackendChoice, BackendMaker } from './runtime/backend/backend-choice.js'
export type { BackendConfig } from './runtime/backend/backend-config.js'
export type { ConfigureOptions } from './runtime/configure-options.js'
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
 * Counts in a backend from now on; what was counted before is carried there. Each argument comes before its environment
 * variable, and that before promhive's own choice: called with nothing, it looks at the environment again. A process whose
 * environment names a backend uses it from its first count on, without this call.
 *
 * @param backendClass a backend, its class, a function that makes one, or where one of these is found, as
 *   `module#export`; `PROMHIVE_BACKEND_CLASS` (or pytheus' `PYTHEUS_BACKEND_CLASS`) when left out
 * @param backendConfig what the class is made with; the JSON file that `PROMHIVE_BACKEND_CONFIG` (or
 *   `PYTHEUS_BACKEND_CONFIG`) names when left out, and an empty object without one
 * @returns the backend; undefined where nobody names one, and promhive's own choice stays
 * @throws MetricsError `BACKEND_NOT_FOUND`, `BACKEND_INVALID` or `BACKEND_CONFIG_INVALID`, naming the variable at fault
 * @example loadBackend('./files-backend.mjs#FilesBackend', { folder: '/var/run/shop' })
 */
export function loadBackend(backendClass?: BackendChoice, backendConfig?: BackendConfig): Backend | undefined {
  const backend = chooseBackend(backendClass, backendConfig)
  if (backend !== undefined) processHome().useBackend(backend)
  return backend
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
export async function startMetricsServer(
  options: { readonly [K in keyof MetricsServerOptions]?: MetricsServerOptions[K] | undefined } = {},
): Promise<MetricsServer> {
  checkOptions('startMetricsServer', options, metricsServerOptions)
  const server = await held(
    openMetricsServer({ ...givenOptions(options), registry: options.registry ?? register }, portMetrics(processHome())),
  )
  const { log } = processHome()
  const { url } = server
  log.info(`metrics at ${url}`, { event: 'metricsPort', url })
  server.server.once('close', () => log.info(`the metrics port ${url} is closed`, { event: 'metricsPortClosed', url }))
  return server
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
