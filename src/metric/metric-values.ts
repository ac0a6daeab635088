/** One sample as `get()` and `getMetricsAsJSON()` show it: prom-client's shape. */
export interface MetricValue {
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
  /** The sample's own name where it differs from the metric's: `x_bucket`, `x_sum`, `x_count`. */
  readonly metricName?: string
}

/** A metric and its samples, merged over all processes: prom-client's shape. */
export interface MetricValues {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly values: readonly MetricValue[]
  readonly aggregator: string
}
