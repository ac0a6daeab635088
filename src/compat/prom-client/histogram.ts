import { type HistogramChild, Histogram as PromhiveHistogram } from '../../metric/histogram.js'
import { startClock } from '../../metric/timer.js'
import { defaultBounds } from '../../model/bounds.js'
import type { Labels } from '../../model/series-index/series-numbers.js'
import { boundsOf } from './bucket-bounds.js'
import { clientMetric } from './client-metric.js'
import type {
  HistogramConfiguration,
  LabelValues,
  MetricObjectWithValues,
  MetricValueWithName,
  ObserveDataWithExemplar,
} from './types.js'
import { exemplarFault, exemplarTexts, isObject, notANumber } from './validation.js'

const Base = clientMetric<HistogramChild & { zero(): void }>(PromhiveHistogram)

const none: Labels = {}

/**
 * Counts observations in buckets: durations, sizes.
 *
 * @example
 * const duration = new Histogram({ name: 'job_duration_seconds', help: 'Time to do a job.', buckets: [0.1, 1, 10] })
 * const end = duration.startTimer()
 * end()
 */
export class Histogram<T extends string = string> extends Base {
  /** @internal The bounds as they were given, in ascending order. */
  readonly buckets: readonly number[]
  /** @internal */
  readonly upperBounds: readonly number[]
  /** @internal */
  readonly bucketValues: Readonly<Record<string, number>>

  /**
   * Makes a histogram and registers it.
   *
   * @param configuration its name, its help, its buckets and more
   * @throws Error, TypeError naming the option that is missing or wrong
   */
  constructor(configuration: HistogramConfiguration<T>) {
    let bounds: readonly number[] = []
    super(configuration, {
      type: 'histogram',
      defaults: { buckets: defaultBounds },
      reserved: 'le',
      options({ name, buckets }) {
        bounds = boundsOf(name, buckets)
        return { buckets: bounds.map(Number) }
      },
    })
    this.buckets = Object.freeze(bounds)
    this.upperBounds = this.buckets
    this.bucketValues = Object.freeze(Object.fromEntries(bounds.map((bound) => [bound, 0])))
    // On the histogram itself, as code for the client may replace it there.
    this.observe = (
      this.enableExemplars ? this.observeWithExemplar : this.observeWithoutExemplar
    ) as Histogram<T>['observe']
  }

  /**
   * Counts a value in its bucket, in the series without labels.
   *
   * @param value the value; with `enableExemplars`, labels, value and exemplar in one object
   */
  observe(value: number | ObserveDataWithExemplar<T>): void
  /** Counts a value in its bucket. */
  observe(labels: LabelValues<T>, value: number): void
  observe(labels: unknown, value?: unknown): void {
    this.observeWithoutExemplar(labels, value)
  }

  /** @internal */
  observeWithoutExemplar(labels?: unknown, value?: unknown): void {
    if (isObject(labels)) this.find(labels as Labels).observe(observed(value))
    else this.only.observe(observed(labels || labels === 0 ? labels : value))
  }

  /** @internal */
  observeWithExemplar({ labels, value, exemplarLabels = {} }: Partial<ObserveDataWithExemplar<T>> = {}): void {
    this.observeChild(isObject(labels) ? this.find(labels) : this.only, value, exemplarLabels)
  }

  /** Returns the merged values of all processes. */
  override get(): Promise<MetricObjectWithValues<MetricValueWithName<T>>> {
    return this.read() as Promise<MetricObjectWithValues<MetricValueWithName<T>>>
  }

  /** @internal The same, with the labels of the series apart from that of the bucket. */
  async getForPromString(): Promise<object> {
    const object = await this.read()
    const values = object.values.map(({ labels: { le, ...sharedLabels }, ...sample }) => {
      return { labels: le === undefined ? {} : { le }, sharedLabels, ...sample }
    })
    return { ...object, values }
  }

  /**
   * Starts a clock; the returned function observes the seconds since and returns them. Labels are read at its end.
   *
   * @param exemplarLabels an example of what was observed; for a histogram with `enableExemplars`
   */
  startTimer(
    labels?: LabelValues<T>,
    exemplarLabels?: LabelValues<T>,
  ): (labels?: LabelValues<T>, exemplarLabels?: LabelValues<T>) => number
  startTimer(
    labels?: LabelValues<T>,
    exemplarLabels?: LabelValues<T>,
  ): (labels?: LabelValues<T>, exemplarLabels?: LabelValues<T>) => number {
    const secondsSince = startClock()
    return (endLabels, endExemplarLabels) => {
      const value = secondsSince()
      const all = Object.assign({}, labels, endLabels)
      if (this.enableExemplars)
        this.observe({ labels: all, value, exemplarLabels: Object.assign({}, exemplarLabels, endExemplarLabels) })
      else this.observe(all, value)
      return value
    }
  }

  /** Removes every series. */
  override reset(): void {
    this.vanish()
    this.clear()
  }

  /** Shows the series of these labels with every bucket at 0. */
  zero(labels: LabelValues<T>): void {
    if (!isObject(labels)) this.only.zero()
    else {
      const series = this.find(labels)
      series.zero()
      // From now on, the series has its labels in this order.
      this.introduce(series.texts, labels)
    }
  }

  /** Returns the series of these labels: an object, or the values in the order of the label names. */
  labels(labels?: LabelValues<T> | string, ...values: string[]): Histogram.Internal<T>
  labels(...values: unknown[]): Histogram.Internal<T> {
    const labels = this.labelsOf(values) as LabelValues<T>
    const child = this.held(labels)
    return {
      observe: (value: number, exemplarLabels?: Labels) => this.observeChild(child, value, exemplarLabels ?? none),
      startTimer: (exemplarLabels?: LabelValues<T>) => this.startTimer(labels, exemplarLabels),
    }
  }

  /** Removes the series of these labels: an object, or the values in the order of the label names. */
  override remove(labels?: LabelValues<T> | string, ...values: string[]): void
  override remove(...values: unknown[]): void {
    super.remove(...values)
  }

  private observeChild(child: HistogramChild, value: unknown, exemplarLabels: Labels): void {
    if (!this.enableExemplars || Object.keys(exemplarLabels).length === 0) child.observe(observed(value))
    else {
      const fault = exemplarFault(exemplarLabels)
      child.observe(observed(value), fault === undefined ? exemplarTexts(exemplarLabels) : undefined)
      if (fault !== undefined) throw fault
    }
  }
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

/** A value that a histogram can count. */
export function observed(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw notANumber('Value', value)
}
