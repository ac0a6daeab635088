export { exponentialBuckets, linearBuckets } from './compat/prom-client/bucket-generators.js'
export {
  openMetrics as openMetricsContentType,
  prometheus as prometheusContentType,
} from './compat/prom-client/content-types.js'
export type {
  Aggregator,
  Charset,
  CollectFunction,
  Collector,
  OpenMetricsContentType,
  OpenMetricsMIME,
  OpenMetricsVersion,
  PrometheusContentType,
  PrometheusMetricsVersion,
  PrometheusMIME,
  RegistryContentType,
} from './compat/prom-client/types.js'
export { validateMetricName } from './compat/prom-client/validation.js'
export { AggregatorFactory, aggregators } from './compat/prometheus-io/aggregators.js'
export { ClusterRegistry, ClusterRegistry as AggregatorRegistry } from './compat/prometheus-io/cluster-registry.js'
export { contentType } from './compat/prometheus-io/content-type.js'
export { Counter } from './compat/prometheus-io/counter.js'
export {
  collectDefaultMetrics,
  type DefaultMetricsCollectorConfiguration,
} from './compat/prometheus-io/default-metrics.js'
export { Gauge } from './compat/prometheus-io/gauge.js'
export { globalRegistry as register } from './compat/prometheus-io/global-registry.js'
export { Histogram } from './compat/prometheus-io/histogram.js'
export { Pushgateway } from './compat/prometheus-io/pushgateway.js'
export { Registry } from './compat/prometheus-io/registry.js'
export { Summary } from './compat/prometheus-io/summary.js'
export type {
  CounterConfiguration,
  GaugeConfiguration,
  HistogramConfiguration,
  IncreaseDataWithExemplar,
  LabelValues,
  Metric,
  MetricConfiguration,
  MetricObject,
  MetricObjectWithValues,
  MetricTypeName as MetricType,
  MetricValue,
  MetricValueWithName,
  NoLabelNameType,
  ObserveDataWithExemplar,
  SummaryConfiguration,
} from './compat/prometheus-io/types.js'
export { WorkerRegistry } from './compat/prometheus-io/worker-registry.js'
