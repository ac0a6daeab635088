export { AggregatorRegistry } from './compat/prom-client/aggregator-registry.js'
export { AggregatorFactory, aggregators } from './compat/prom-client/aggregators.js'
export { exponentialBuckets, linearBuckets } from './compat/prom-client/bucket-generators.js'
export { contentType } from './compat/prom-client/content-type.js'
export {
  openMetrics as openMetricsContentType,
  prometheus as prometheusContentType,
} from './compat/prom-client/content-types.js'
export { Counter } from './compat/prom-client/counter.js'
export {
  collectDefaultMetrics,
  type DefaultMetricsCollectorConfiguration,
} from './compat/prom-client/default-metrics.js'
export { Gauge } from './compat/prom-client/gauge.js'
export { globalRegistry as register } from './compat/prom-client/global-registry.js'
export { Histogram } from './compat/prom-client/histogram.js'
export { Pushgateway } from './compat/prom-client/pushgateway.js'
export { Registry } from './compat/prom-client/registry.js'
export { Summary } from './compat/prom-client/summary.js'
export type {
  Aggregator,
  Charset,
  CollectFunction,
  Collector,
  CounterConfiguration,
  GaugeConfiguration,
  HistogramConfiguration,
  IncreaseDataWithExemplar,
  LabelValues,
  Metric,
  MetricConfiguration,
  MetricObject,
  MetricObjectWithValues,
  MetricValue,
  MetricValueWithName,
  ObserveDataWithExemplar,
  OpenMetricsContentType,
  OpenMetricsMIME,
  OpenMetricsVersion,
  PrometheusContentType,
  PrometheusMetricsVersion,
  PrometheusMIME,
  RegistryContentType,
  SummaryConfiguration,
} from './compat/prom-client/types.js'
export { MetricTypes as MetricType } from './compat/prom-client/types.js'
export { validateMetricName } from './compat/prom-client/validation.js'
