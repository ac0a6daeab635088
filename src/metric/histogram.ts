import { checkBounds } from '../model/bounds.js'
import type { FamilyDescriptor } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import type { ExemplarLabels } from '../model/label-set.js'
import { histogramSlots } from '../model/layout/histogram.js'
import { describe } from '../model/metric-name.js'
import type { LabelTexts } from '../model/series-ref.js'
import { Child, type ChildOwner } from './child.js'
import { readExemplarForm } from './exemplar-form.js'
import { LabelledMetric } from './labelled.js'
import { histogramOptions } from './option-names.js'
import type { AnyLabels, FormIf, HistogramOptions, LabelValues, VerbArguments } from './options.js'
import { startTimer } from './timer.js'

/** One series of a histogram. */
export class HistogramChild extends Child {
  private readonly bounds = (this.family as FamilyDescriptor<'histogram'>).bounds

  /**
   * Counts a value in its bucket.
   *
   * @param exemplar labels of an exemplar, such as a trace ID
   * @throws MetricsError `VALUE_INVALID` if it is not a number
   */
  observe(value: number, exemplar?: ExemplarLabels): void {
    // NaN is refused: it belongs to no bucket, and would make the sum NaN forever.
    if (typeof value === 'number' && !Number.isNaN(value) && this.gate[0] === this.seen) this.record(value)
    else this.observeFirst(value)
    if (exemplar) this.exemplify(this.bucketOf(value), value, exemplar)
  }

  /** Starts a clock; the returned function observes the seconds since and returns them. */
  startTimer(): () => number {
    return startTimer(undefined, (_, seconds) => this.observe(seconds))
  }

  /**
   * Sets every bucket and the sum to 0. Before this process has observed anything, as applications call it at their
   * start, it only shows the series: the observations of an earlier process on the seat belong to the application.
   */
  zero(): void {
    const first = !this.isCounted
    this.open()
    if (first) return
    const { values, words, at } = this
    Atomics.add(words, at * 2, 1)
    values.fill(0, at + histogramSlots.sum, at + histogramSlots.buckets + this.bounds.length + 1)
    Atomics.add(words, at * 2, 1)
  }

  /**
   * The sequence number is odd between the two stores, so that readers read the record again. Full barriers on both
   * sides, so that no processor shows the stores outside of them.
   */
  private record(value: number): void {
    const { values, words, at } = this
    const bucket = this.bucketOf(value)
    Atomics.add(words, at * 2, 1)
    values[at + histogramSlots.sum]! += value
    values[at + histogramSlots.buckets + bucket]! += 1
    Atomics.add(words, at * 2, 1)
  }

  private bucketOf(value: number): number {
    const { bounds } = this
    let low = 0
    let high = bounds.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (value <= bounds[middle]!) high = middle
      else low = middle + 1
    }
    return low
  }

  private observeFirst(value: number): void {
    if (typeof value !== 'number' || Number.isNaN(value)) {
      throw new MetricsError('VALUE_INVALID', `${this.family.name}: ${describe(value)} is not a number to observe`)
    }
    this.open()
    this.record(value)
  }
}

/**
 * Counts observations in buckets: durations, sizes.
 *
 * @example
 * const duration = new Histogram({ name: 'job_duration_seconds', help: 'Time to do a job.', buckets: [0.1, 1, 10] })
 * const end = duration.startTimer()
 * end()
 */
export class Histogram<L extends string = never, D extends L = never, E extends boolean = false> extends LabelledMetric<
  L,
  HistogramChild,
  D
> {
  /**
   * Creates a histogram and registers it.
   *
   * @throws MetricsError as for a counter, and `BUCKETS_INVALID` for bounds that do not ascend
   */
  constructor(options: HistogramOptions<L, Histogram<L, D, E>, D, E>) {
    super(
      options as HistogramOptions<L, never, D>,
      histogramOptions,
      (name) => ({ type: 'histogram', bounds: checkBounds(name, options.buckets) }),
      ['le'],
    )
  }

  /** Counts a value in its bucket, with an optional exemplar. */
  observe(...args: VerbArguments<L, [value: number, exemplar?: ExemplarLabels | undefined], D, FormIf<E, L, D>>): void
  observe(first: unknown, second?: number | ExemplarLabels, exemplar?: ExemplarLabels): void {
    if (typeof first !== 'object' || first === null)
      this.only.observe(first as number, second as ExemplarLabels | undefined)
    else if (this.exemplarForm) {
      const { labels = {}, value, exemplarLabels } = readExemplarForm(this.name, first)
      this.find(labels).observe(value as number, exemplarLabels)
    } else this.find(first as LabelValues<L>).observe(second as number, exemplar)
  }

  /** Starts a clock; the returned function observes the seconds since and returns them. Labels are read at its end. */
  startTimer(startLabels?: AnyLabels<L>): (endLabels?: Partial<LabelValues<L>>) => number {
    if (startLabels) this.checkNames(startLabels)
    return startTimer(startLabels, (labels, seconds) => {
      if (labels === undefined) this.only.observe(seconds)
      else this.find(labels as LabelValues<L>).observe(seconds)
    })
  }

  /** Shows the series of these labels with every bucket at 0; what other processes observed stays. */
  zero(...args: VerbArguments<L, [], D>): void
  zero(labels?: object): void {
    if (labels === undefined) this.only.zero()
    else this.find(labels as LabelValues<L>).zero()
  }

  /** @internal */
  protected make(family: FamilyDescriptor, owner: ChildOwner, texts?: LabelTexts): HistogramChild {
    return new HistogramChild(family, owner, texts)
  }
}
