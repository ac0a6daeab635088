import type { MetricType } from '../../model/metric-type.js'

type Promised<T> = T | Promise<T>

/** One number in an engine: a counter or gauge series, or one bucket, the sum or the count of a histogram. */
export interface Value {
  inc(value: number): unknown
  dec(value: number): unknown
  set(value: number): unknown
  get(): Promised<number>
  /** Deletes the number; an addition to the protocol. Without it, a removed series is set to 0. */
  remove?(): unknown
}

/** The series that a value belongs to. */
export interface ValueMetric {
  readonly name: string
  readonly help: string
  readonly type: MetricType
  readonly labelNames: readonly string[]
  /** In the order of `labelNames`, whatever order the application writes. */
  readonly labels: Readonly<Record<string, string>>
}

/** A family, and its series that this process knows. */
export interface ValueCollector {
  readonly name: string
  readonly help: string
  readonly type: MetricType
  readonly labelNames: readonly string[]
  /** The `histogramBucket` of each number of a series; undefined for a single number. */
  readonly buckets: readonly (string | undefined)[]
  readonly series: readonly ValueMetric[]
}

/** The argument of `generateSamples`: all families that this process knows. */
export interface ValueRegistry {
  collect(): readonly ValueCollector[]
}

/** A number as scrapes show it: `suffix` is `_bucket` (with the label `le`, cumulative), `_sum`, `_count`, or empty. */
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
 * A backend in pytheus' protocol: one instance for each number. Methods may return a promise.
 *
 * `histogramBucket` is the upper bound of a bucket (`0.5`, `+Inf`; buckets are cumulative), `sum` or `count`; or the
 * state of a stateset. It is omitted for a single number.
 */
export interface ValueBackendClass {
  new (config: never, metric: ValueMetric, histogramBucket?: string): Value
  /** Called once, before anything is counted. */
  initialize?(config: never): unknown
  /**
   * Returns all numbers at once, including series that only other processes know, instead of one `get()` after another.
   */
  generateSamples?(registry: ValueRegistry): Promised<GeneratedSamples>
}

/**
 * A class as it is called. In the protocol, the configuration has the type `never`, so that a class may declare its own:
 * only the class knows whether a configuration is valid.
 */
export interface CalledValueClass extends Pick<ValueBackendClass, 'generateSamples'> {
  new (config: object, metric: ValueMetric, histogramBucket?: string): Value
  initialize?(config: object): unknown
}

/** Whether a class has the methods that the protocol requires. */
export function isValueBackendClass(value: unknown): value is ValueBackendClass {
  const prototype = (value as { prototype?: Partial<Value> } | undefined)?.prototype
  return (
    typeof value === 'function' &&
    (['inc', 'dec', 'set', 'get'] as const).every((m) => typeof prototype?.[m] === 'function')
  )
}
