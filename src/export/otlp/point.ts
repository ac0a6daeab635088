import type { MetricType } from '../../model/metric-type.js'

/** The values of the enumeration `AggregationTemporality`. */
export const temporalities = { delta: 1, cumulative: 2 } as const
export type Temporality = keyof typeof temporalities

/** The labels of a series, without those that it lacks. */
export type Attributes = readonly (readonly [name: string, value: string])[]

/** A family as a metric of OpenTelemetry, without its points. */
export interface OtlpMetric {
  readonly name: string
  readonly description: string
  /** In the notation of OpenTelemetry, such as `s`; empty without a unit. */
  readonly unit: string
  /** The type in Prometheus, which receivers get as metadata. */
  readonly type: MetricType
  readonly data: 'gauge' | 'sum' | 'histogram' | 'summary'
  /** Of a sum, whether it only grows. */
  readonly isMonotonic: boolean
  /** Of a sum or a histogram. */
  readonly temporality: Temporality
}

export interface OtlpExemplar {
  readonly value: number
  /** Unix milliseconds. */
  readonly time: number | undefined
  /** In hexadecimal notation. */
  readonly traceId: string | undefined
  readonly spanId: string | undefined
  readonly attributes: Attributes
}

interface PointOfSeries {
  /** Identifies the series in its family. */
  readonly key: string
  readonly attributes: Attributes
  /** Unix milliseconds at which the series began; undefined if that is not known. A gauge does not show it. */
  readonly start: number | undefined
}

/** A point of a gauge or a sum. */
export interface NumberPoint extends PointOfSeries {
  readonly value: number
  readonly exemplars: readonly OtlpExemplar[]
}

export interface HistogramPoint extends PointOfSeries {
  /** Undefined if it is not known. */
  readonly sum: number | undefined
  readonly bounds: readonly number[]
  /** Of each bucket, one more than there are bounds. */
  readonly counts: readonly number[]
  readonly exemplars: readonly OtlpExemplar[]
}

export interface SummaryPoint extends PointOfSeries {
  readonly sum: number
  readonly count: number
  /** Only of observations: none before the first one. */
  readonly quantiles: readonly (readonly [quantile: number, value: number])[]
}

export type Point = NumberPoint | HistogramPoint | SummaryPoint
