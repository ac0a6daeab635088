import type { FamilyDescriptor } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import { ringOf, sketchOf, summarySlots } from '../model/layout/summary.js'
import { windowedSlots } from '../model/layout/windowed-summary.js'
import { describe } from '../model/metric-name.js'
import { checkQuantiles, checkRelativeError, defaultRelativeError } from '../model/quantile-sketch.js'
import type { LabelTexts } from '../model/series-ref.js'
import { checkWindow, checkWindowSize, defaultWindowError } from '../model/sliding-window.js'
import { Child, type ChildOwner } from './child.js'
import { LabelledMetric, type TypePart } from './labelled.js'
import { summaryOptions } from './option-names.js'
import type { AnyLabels, LabelValues, SummaryOptions, VerbArguments } from './options.js'
import { startTimer } from './timer.js'

/** One series of a summary. */
export class SummaryChild extends Child {
  /** @internal */
  protected readonly sketch = sketchOf(this.family as FamilyDescriptor<'summary'>)

  /**
   * Counts a value.
   *
   * @throws MetricsError `VALUE_INVALID` if it is not a number
   */
  observe(value: number): void {
    // NaN is refused: it would make the sum NaN forever.
    if (typeof value === 'number' && !Number.isNaN(value) && this.gate[0] === this.seen) this.record(value)
    else this.observeFirst(value)
  }

  /** Starts a clock; the returned function observes the seconds since and returns them. */
  startTimer(): () => number {
    return startTimer(undefined, (_, seconds) => this.observe(seconds))
  }

  /**
   * @internal The sequence number is odd between the stores, as in a histogram: a reader that meets it takes the record
   * again.
   */
  protected record(value: number): void {
    const { values, words, at, sketch } = this
    const bin = sketch === undefined ? -1 : sketch.binOf(value)
    Atomics.add(words, at * 2, 1)
    values[at + summarySlots.sum]! += value
    values[at + summarySlots.count]! += 1
    if (bin >= 0) values[at + summarySlots.bins + bin]! += 1
    Atomics.add(words, at * 2, 1)
  }

  private observeFirst(value: number): void {
    if (typeof value !== 'number' || Number.isNaN(value)) {
      throw new MetricsError('VALUE_INVALID', `${this.family.name}: ${describe(value)} is not a number to observe`)
    }
    this.open()
    this.record(value)
  }
}

/** One series of a summary with a sliding window. A class of its own: a summary without one pays nothing for it. */
class WindowedChild extends SummaryChild {
  private readonly ring = ringOf(this.family as FamilyDescriptor<'summary'>)!
  /** The interval that was counted in last, and the unix milliseconds of its begin and end. */
  private interval = 0
  private begin = 0
  private end = 0
  /** The offset of its bucket in the ring. */
  private bucket = 0

  protected override record(value: number): void {
    const { values, words, at } = this
    const bin = this.sketch!.binOf(value)
    const now = Date.now()
    if (!(now >= this.begin && now < this.end)) this.turn(now)
    Atomics.add(words, at * 2, 1)
    values[at + summarySlots.sum]! += value
    values[at + summarySlots.count]! += 1
    this.ring.count(values, words, at + windowedSlots.ring + this.bucket, this.interval, bin)
    Atomics.add(words, at * 2, 1)
  }

  /** Goes to the interval of this moment: the next one, or an earlier one if the clock was set back. */
  private turn(now: number): void {
    const { ring } = this
    this.interval = ring.intervalAt(now)
    this.begin = ring.beginOf(this.interval)
    this.end = ring.beginOf(this.interval + 1)
    this.bucket = ring.offsetOf(this.interval)
  }
}

/**
 * Counts observations and their sum, which is sufficient for an average. With `quantiles`, it also shows quantiles of
 * the observations of all processes together.
 *
 * Unlike in prom-client, quantiles are shown only on request, as Prometheus advises. They cover everything since the
 * start; with `maxAgeSeconds` and `ageBuckets`, the last seconds, and are NaN without observations in them. Sum and
 * count always cover everything.
 *
 * A quantile is within `relativeError` (by default 1 %, and 2 % with a window) of the true one for values from 1e-6 to
 * 1e9; below it is shown as 0, above as 1e9. A series with quantiles takes 14 kB at 1 % and 3 kB at 5 %; with a window
 * of five `ageBuckets` 17 kB at 2 % and 7 kB at 5 %. So give it few labels.
 *
 * Source: DDSketch (Masson, Rim, Lee; VLDB 2019), whose bins add up over processes without loss.
 *
 * @example
 * const sizes = new Summary({ name: 'response_size_bytes', help: 'Size of the responses.', labelNames: ['route'] })
 * sizes.observe({ route: '/' }, 512)
 * @example
 * const waits = new Summary({ name: 'queue_wait_seconds', help: 'Time in the queue.', quantiles: [0.5, 0.9, 0.99] })
 * const end = waits.startTimer()
 * end()
 * @example
 * const options = { quantiles: [0.5, 0.99], maxAgeSeconds: 600, ageBuckets: 5 }
 * const lately = new Summary({ name: 'reply_seconds', help: 'Time to a reply, in the last ten minutes.', ...options })
 * lately.observe(0.2)
 */
export class Summary<L extends string = never, D extends L = never> extends LabelledMetric<L, SummaryChild, D> {
  /**
   * Creates a summary and registers it.
   *
   * @throws MetricsError as for a counter, and `QUANTILES_INVALID` for quantiles that are not from 0 to 1; `OPTION_INVALID` for
   *   a window that is none
   */
  constructor(options: SummaryOptions<L, Summary<L, D>, D>) {
    super(options as SummaryOptions<L, never, D>, summaryOptions, (name) => summaryPart(name, options), ['quantile'])
    const seconds = pruneAfter(options)
    if (seconds !== undefined) this.expireAfter = Math.min(this.expireAfter ?? seconds, seconds)
  }

  /** Counts a value in the series of these labels. */
  observe(...args: VerbArguments<L, [value: number], D>): void
  observe(first: unknown, value?: number): void {
    if (typeof first === 'object' && first !== null) this.find(first as LabelValues<L>).observe(value as number)
    else this.only.observe(first as number)
  }

  /** Starts a clock; the returned function observes the seconds since and returns them. Labels are read at its end. */
  startTimer(startLabels?: AnyLabels<L>): (endLabels?: Partial<LabelValues<L>>) => number {
    if (startLabels) this.checkNames(startLabels)
    return startTimer(startLabels, (labels, seconds) => {
      if (labels === undefined) this.only.observe(seconds)
      else this.find(labels as LabelValues<L>).observe(seconds)
    })
  }

  /** @internal */
  protected make(family: FamilyDescriptor, owner: ChildOwner, texts?: LabelTexts): SummaryChild {
    return summaryChild(family as FamilyDescriptor<'summary'>, owner, texts)
  }
}

/** The child of a series, with a window or without. */
export function summaryChild(family: FamilyDescriptor<'summary'>, owner: ChildOwner, texts?: LabelTexts): SummaryChild {
  return family.window === undefined ? new SummaryChild(family, owner, texts) : new WindowedChild(family, owner, texts)
}

type QuantileOptions = Pick<
  SummaryOptions<never>,
  'quantiles' | 'percentiles' | 'relativeError' | 'maxAgeSeconds' | 'ageBuckets' | 'pruneAgedBuckets'
>

function summaryPart(name: string, options: QuantileOptions): TypePart<FamilyDescriptor<'summary'>> {
  const quantiles = checkQuantiles(name, options.quantiles ?? options.percentiles)
  const relativeError = checkRelativeError(name, options.relativeError)
  const { pruneAgedBuckets } = options
  if (pruneAgedBuckets !== undefined && typeof pruneAgedBuckets !== 'boolean') {
    const text = `${name}: pruneAgedBuckets must be true or false, got ${describe(pruneAgedBuckets)}`
    throw new MetricsError('OPTION_INVALID', text)
  }
  const aging = checkWindow(name, options.maxAgeSeconds, options.ageBuckets)
  if (aging !== undefined && quantiles.length > 0) {
    const window = { ...aging, relativeError: options.relativeError === undefined ? defaultWindowError : relativeError }
    checkWindowSize(name, window)
    return { type: 'summary', quantiles, window }
  }
  // Without quantiles there is no error either: definitions that differ in it alone are the same.
  return { type: 'summary', quantiles, relativeError: quantiles.length === 0 ? defaultRelativeError : relativeError }
}

/** Seconds without observations after which a series is removed: those of the window, unless `expireAfter` is shorter. */
function pruneAfter({ maxAgeSeconds, ageBuckets, pruneAgedBuckets }: QuantileOptions): number | undefined {
  return pruneAgedBuckets === true && ageBuckets !== undefined ? maxAgeSeconds : undefined
}
