export { Counter } from './compat/prom-client/counter.js'
export { Gauge } from './compat/prom-client/gauge.js'
export { Histogram } from './compat/prom-client/histogram.js'
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
export { MetricType } from './compat/prom-client/types.js'
export { validateMetricName } from './compat/prom-client/validation.js'
export { collectDefaultMetrics } from './instrument/node/default-metrics.js'
export { exponentialBuckets, linearBuckets } from './model/bounds.js'
export { openMetricsContentType, prometheusContentType } from './registry/content-types.js'
export { Registry } from './registry/registry.js'
export { register } from './runtime/default-registry.js'
export { Pushgateway } from './runtime/exporters/pushgateway.js'
