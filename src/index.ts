export { markProcessDead } from './compat/mark-process-dead.js'
export type { MetricsServer, MetricsServerOptions } from './export/http/scrape-server.js'
export type {
  DeploymentCosts,
  FamilyCosts,
  FormatCosts,
  LabelCost,
  SeriesCost,
  SeriesCosts,
} from './gather/costs/series-costs.js'
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
export { openMetricsContentType, prometheusContentType } from './registry/content-types.js'
export { Registry } from './registry/registry.js'
export type { RegistryOptions } from './registry/registry-options.js'
export type { BackendChoice, BackendMaker } from './runtime/backend/backend-choice.js'
export type { BackendConfig } from './runtime/backend/backend-config.js'
export { loadBackend } from './runtime/backend/load-backend.js'
export { configure } from './runtime/configure.js'
export type { ConfigureOptions } from './runtime/configure-options.js'
export { register } from './runtime/default-registry.js'
export { type ExplainOptions, explain } from './runtime/explain.js'
export { startMetricsServer } from './runtime/exporters/metrics-server.js'
