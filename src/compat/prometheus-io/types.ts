/** Names of types that code for @prometheus-io/client imports. Those that prom-client has in the same form are its own. */
import type { Aggregator, CollectFunction } from '../prom-client/types.js'
import type { Counter } from './counter.js'
import type { Gauge } from './gauge.js'
import type { Histogram } from './histogram.js'
import type { Registry } from './registry.js'
import type { Summary } from './summary.js'

/** The label names of a metric without labels. */
export type NoLabelNameType = never

/** A metric of any type. */
export type Metric<T extends string = NoLabelNameType> = Counter<T> | Gauge<T> | Summary<T> | Histogram<T>

/** The type of a metric as its object names it. */
export type MetricTypeName = 'counter' | 'gauge' | 'histogram' | 'summary'

// Of all names at once: for one name at a time, compilers would suggest no name for a misspelt one.
export type LabelValues<T extends string> = [T] extends [NoLabelNameType]
  ? Partial<Record<string, never>>
  : Partial<Record<T, string | number>>

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
  type: MetricTypeName
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
  registers?: Registry[]
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
