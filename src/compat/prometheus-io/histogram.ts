import type { ClientRules } from '../prom-client/client-rules.js'
import { observed, Histogram as PromClientHistogram } from '../prom-client/histogram.js'
import { isObject } from '../prom-client/validation.js'
import { prometheusIoRules } from './rules.js'
import { SeriesStore } from './series-store.js'
import type {
  HistogramConfiguration,
  LabelValues,
  MetricObjectWithValues,
  MetricValueWithName,
  ObserveDataWithExemplar,
} from './types.js'

// The types are those of the class below: this client's differ from prom-client's.
const Base = class extends PromClientHistogram {
  override get rules(): ClientRules {
    return prometheusIoRules
  }

  get store(): SeriesStore {
    return new SeriesStore(this)
  }

  override observeWithoutExemplar(labels?: unknown, value?: unknown): void {
    // Before the labels, as in the client.
    if (isObject(labels)) observed(value)
    super.observeWithoutExemplar(labels, value)
  }

  override observeWithExemplar(data: Partial<ObserveDataWithExemplar<string>> = {}): void {
    observed(data.value)
    super.observeWithExemplar(data)
  }
} as unknown as new (
  configuration: unknown,
) => object

/**
 * Counts observations in buckets: durations, sizes.
 *
 * @example
 * const duration = new Histogram({ name: 'job_duration_seconds', help: 'Time to do a job.', buckets: [0.1, 1, 10] })
 * const end = duration.startTimer()
 * end()
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the base class has the methods
export class Histogram<T extends string = never> extends Base {
  /**
   * Makes a histogram and registers it.
   *
   * @param configuration its name, its help, its buckets and more
   * @throws Error, TypeError naming the option that is missing or wrong
   */
  constructor(configuration: HistogramConfiguration<T>) {
    super(configuration)
  }
}

export interface Histogram<T extends string = never> {
  /**
   * Counts a value in its bucket, in the series without labels.
   *
   * @param value the value; with `enableExemplars`, labels, value and exemplar in one object
   */
  observe(value: number | ObserveDataWithExemplar<T>): void
  /** Counts a value in its bucket. */
  observe(labels: LabelValues<T>, value: number): void
  /** Returns the merged values of all processes. */
  get(): Promise<MetricObjectWithValues<MetricValueWithName<T>>>
  /**
   * Starts a clock; the returned function observes the seconds since and returns them. Labels are read at its end.
   *
   * @param exemplarLabels an example of what was observed; for a histogram with `enableExemplars`
   */
  startTimer(
    labels?: LabelValues<T>,
    exemplarLabels?: LabelValues<T>,
  ): (labels?: LabelValues<T>, exemplarLabels?: LabelValues<T>) => number
  /** Removes every series. */
  reset(): void
  /** Shows the series of these labels with every bucket at 0. */
  zero(labels: LabelValues<T>): void
  /** Returns the series of these labels: an object, or the values in the order of the label names. */
  labels(labels?: LabelValues<T> | string, ...values: string[]): Histogram.Internal<T>
  /** Removes the series of these labels: an object, or the values in the order of the label names. */
  remove(labels?: LabelValues<T> | string, ...values: string[]): void
}

export namespace Histogram {
  /** One series of a histogram. */
  export interface Internal<T extends string> {
    observe(value: number): void
    /** Starts a clock; the returned function observes the seconds since. */
    startTimer(): (labels?: LabelValues<T>) => void
  }

  export interface Config {
    /** Upper bounds. */
    buckets?: number[]
  }
}
