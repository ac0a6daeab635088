import type { MetricType } from '../../model/metric-type.js'

type Promised<T> = T | Promise<T>

/** One number that an engine keeps: of a counter or gauge series, or of one bucket, the sum or the count of a histogram. */
export interface Value {
  inc(value: number): unknown
  dec(value: number): unknown
  set(value: number): unknown
  get(): Promised<number>
  /** Beyond the protocol: forgets the number. Without it, a series that is removed is set to 0. */
  remove?(): unknown
}

/** The series that a value belongs to. */
export interface ValueMetric {
  readonly name: string
  readonly help: string
  readonly type: MetricType
  readonly labelNames: readonly string[]
  /** In the order of `labelNames`, whatever order the application wrote them in. */
  readonly labels: Readonly<Record<string, string>>
}

/** A family and the series of it that this process knows. */
export interface ValueCollector {
  readonly name: string
  readonly help: string
  readonly type: MetricType
  readonly labelNames: readonly string[]
  /** The `histogramBucket` of each number that a series has; undefined for one that is alone. */
  readonly buckets: readonly (string | undefined)[]
  readonly series: readonly ValueMetric[]
}

/** What `generateSamples` is given: all families that this process knows. */
export interface ValueRegistry {
  collect(): readonly ValueCollector[]
}

/** A number as it is shown: `suffix` is `_bucket` (with the label `le`, cumulative), `_sum`, `_count`, or nothing. */
export interface ValueSample {
  readonly suffix?: string
  readonly labels?: Readonly<Record<string, string>> | null
  readonly value: number
}

/** Samples by the collector that they belong to, or by its name. */
export type GeneratedSamples =
  | ReadonlyMap<ValueCollector | string, Iterable<ValueSample>>
  | Readonly<Record<string, Iterable<ValueSample>>>

/**
 * A backend in pytheus' protocol: one instance for each number. Methods may answer with a promise.
 *
 * `histogramBucket` is the upper bound of a bucket (`0.5`, `+Inf`; buckets are cumulative), `sum` or `count`; the state of
 * a stateset; and left out for a number that is alone.
 */
export interface ValueBackendClass {
  new (config: never, metric: ValueMetric, histogramBucket?: string): Value
  /** Called once, before anything is counted. */
  initialize?(config: never): unknown
  /** Gives all numbers at once, also of series that only other processes know, instead of one `get()` after another. */
  generateSamples?(registry: ValueRegistry): Promised<GeneratedSamples>
}

/** Whether a class has what the protocol asks of a value. */
export function isValueBackendClass(value: unknown): value is ValueBackendClass {
  const prototype = (value as { prototype?: Partial<Value> } | undefined)?.prototype
  return (
    typeof value === 'function' &&
    (['inc', 'dec', 'set', 'get'] as const).every((m) => typeof prototype?.[m] === 'function')
  )
}
