/** One sample of `get()` and `getMetricsAsJSON()`, in prom-client's form. */
export interface MetricValue {
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
  /** The name of the sample, if it differs from that of the metric: `x_bucket`, `x_sum`, `x_count`. */
  readonly metricName?: string
}

/** A metric and its samples, merged over all processes, in prom-client's form. */
export interface MetricValues {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly values: readonly MetricValue[]
  readonly aggregator: string
}
