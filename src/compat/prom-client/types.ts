/** Names of types that code for the client imports. */
import type { Counter } from './counter.js'
import type { Gauge } from './gauge.js'
import type { Histogram } from './histogram.js'
import type { Registry } from './registry.js'
import type { Summary } from './summary.js'

export type Charset = 'utf-8'

export type PrometheusMIME = 'text/plain'
export type PrometheusMetricsVersion = '0.0.4'

export type OpenMetricsMIME = 'application/openmetrics-text'
export type OpenMetricsVersion = '1.0.0'

export type OpenMetricsContentType = `${OpenMetricsMIME}; version=${OpenMetricsVersion}; charset=${Charset}`
export type PrometheusContentType = `${PrometheusMIME}; version=${PrometheusMetricsVersion}; charset=${Charset}`

/** The content types that a registry can have. */
export type RegistryContentType = PrometheusContentType | OpenMetricsContentType

/** A metric of any type. */
export type Metric<T extends string = string> = Counter<T> | Gauge<T> | Summary<T> | Histogram<T>

/** How the values of several processes become one. */
export type Aggregator = 'omit' | 'sum' | 'first' | 'min' | 'max' | 'average'

// Of a name of its own: a bundler of declarations takes it for a type, as another client's MetricType is.
export enum MetricTypes {
  Counter,
  Gauge,
  Histogram,
  Summary,
}

/** Brings a metric up to date; called before its values are read. */
export type CollectFunction<T> = (this: T) => void | Promise<void>

/** A function without arguments, such as `collectDefaultMetrics` once took. */
export type Collector = () => void

export type LabelValues<T extends string> = Partial<Record<T, string | number>>

/** One sample. */
export type MetricValue<T extends string> = {
  value: number
  labels: LabelValues<T>
}

/** One sample of a family whose samples have several names. */
export type MetricValueWithName<T extends string> = MetricValue<T> & {
  metricName?: string
}

export interface MetricObject {
  name: string
  help: string
  type: MetricTypes
  aggregator: Aggregator
  // biome-ignore lint/suspicious/noExplicitAny: code for the client passes functions of any metric
  collect: CollectFunction<any>
}

/** A metric with its samples, as `get()` and `getMetricsAsJSON()` return it. */
export interface MetricObjectWithValues<T extends MetricValue<string>> extends MetricObject {
  values: T[]
}

/** The options that all types of metrics have. */
export interface MetricConfiguration<T extends string> {
  name: string
  help: string
  labelNames?: T[] | readonly T[]
  registers?: (Registry<PrometheusContentType> | Registry<OpenMetricsContentType>)[]
  aggregator?: Aggregator
  // biome-ignore lint/suspicious/noExplicitAny: each type of metric names its own
  collect?: CollectFunction<any>
  enableExemplars?: boolean
}

export interface CounterConfiguration<T extends string> extends MetricConfiguration<T> {
  collect?: CollectFunction<Counter<T>>
}

export interface GaugeConfiguration<T extends string> extends MetricConfiguration<T> {
  collect?: CollectFunction<Gauge<T>>
}

export interface HistogramConfiguration<T extends string> extends MetricConfiguration<T> {
  buckets?: number[]
  collect?: CollectFunction<Histogram<T>>
}

export interface SummaryConfiguration<T extends string> extends MetricConfiguration<T> {
  percentiles?: number[]
  maxAgeSeconds?: number
  ageBuckets?: number
  pruneAgedBuckets?: boolean
  compressCount?: number
  collect?: CollectFunction<Summary<T>>
}

/** What `inc` takes with `enableExemplars`. */
export interface IncreaseDataWithExemplar<T extends string> {
  value?: number
  labels?: LabelValues<T>
  exemplarLabels?: LabelValues<T>
}

/** What `observe` takes with `enableExemplars`. */
export interface ObserveDataWithExemplar<T extends string> {
  value: number
  labels?: LabelValues<T>
  exemplarLabels?: LabelValues<T>
}
