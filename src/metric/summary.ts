import type { FamilyDescriptor } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import { sketchOf, summarySlots } from '../model/layout/summary.js'
import { describe } from '../model/metric-name.js'
import { checkQuantiles, checkRelativeError, defaultRelativeError } from '../model/quantile-sketch.js'
import type { LabelTexts } from '../model/series-ref.js'
import { Child, type ChildOwner } from './child.js'
import { LabelledMetric, type TypePart } from './labelled.js'
import { summaryOptions } from './option-names.js'
import type { LabelValues, SummaryOptions, VerbArguments } from './options.js'
import { startTimer } from './timer.js'

/** One series of a summary. */
export class SummaryChild extends Child {
  private readonly sketch = sketchOf(this.family as FamilyDescriptor<'summary'>)

  /** @throws MetricsError `VALUE_INVALID` if it is not a number */
  observe(value: number): void {
    // NaN is refused: it would make the sum NaN forever.
    if (typeof value === 'number' && !Number.isNaN(value) && this.gate[0] === this.seen) this.record(value)
    else this.observeFirst(value)
  }

  /** Starts a clock; the returned function observes the seconds since and returns them. */
  startTimer(): () => number {
    return startTimer(undefined, (_, seconds) => this.observe(seconds))
  }

  /** The sequence number is odd between the stores, as in a histogram: a reader that meets it takes the record again. */
  private record(value: number): void {
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

/**
 * Counts observations and their sum, which is all that an average takes; and with `quantiles` the quantiles of what all
 * processes observed together.
 *
 * Other than in prom-client no quantiles are shown unless they are requested, as Prometheus advises; and they are those
 * of everything since the start, not of the last minutes. A quantile is within `relativeError` (by default 1 %) of the
 * true one for values from 1e-6 to 1e9; below it is shown as 0, above as 1e9. A series with quantiles takes 14 kB at 1
 * % and 3 kB at 5 %, so give it few labels.
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
 */
export class Summary<L extends string = never, D extends L = never> extends LabelledMetric<L, SummaryChild, D> {
  /** @throws MetricsError as for a counter, and `QUANTILES_INVALID` for quantiles that are not from 0 to 1 */
  constructor(options: SummaryOptions<L, Summary<L, D>, D>) {
    super(options as SummaryOptions<L, never, D>, summaryOptions, (name) => summaryPart(name, options), ['quantile'])
  }

  observe(...args: VerbArguments<L, [value: number], D>): void
  observe(first: unknown, value?: number): void {
    if (typeof first === 'object' && first !== null) this.find(first as LabelValues<L>).observe(value as number)
    else this.only.observe(first as number)
  }

  /** Starts a clock; the returned function observes the seconds since and returns them. Labels are read at its end. */
  startTimer(startLabels?: Partial<LabelValues<L>>): (endLabels?: Partial<LabelValues<L>>) => number {
    if (startLabels) this.checkNames(startLabels)
    return startTimer(startLabels, (labels, seconds) => {
      if (labels === undefined) this.only.observe(seconds)
      else this.find(labels as LabelValues<L>).observe(seconds)
    })
  }

  /** @internal */
  protected make(family: FamilyDescriptor, owner: ChildOwner, texts?: LabelTexts): SummaryChild {
    return new SummaryChild(family, owner, texts)
  }
}

/** prom-client's options for a sliding window. `compressCount` and `pruneAgedBuckets` tune its sketch: nothing to do here. */
const windowOptions = ['maxAgeSeconds', 'ageBuckets'] as const

function summaryPart(
  name: string,
  options: Pick<SummaryOptions<never>, 'quantiles' | 'percentiles' | 'relativeError'>,
): TypePart<FamilyDescriptor<'summary'>> {
  for (const option of windowOptions) {
    if ((options as Readonly<Record<string, unknown>>)[option] === undefined) continue
    throw new MetricsError(
      'OPTION_INVALID',
      `${name}: ${option} asks for quantiles over a sliding window; these are of everything observed: leave it out, or use a histogram and histogram_quantile() over its rate()`,
    )
  }
  const quantiles = checkQuantiles(name, options.quantiles ?? options.percentiles)
  const relativeError = checkRelativeError(name, options.relativeError)
  // Without quantiles there is no error either: definitions that differ in it alone are the same.
  return { type: 'summary', quantiles, relativeError: quantiles.length === 0 ? defaultRelativeError : relativeError }
}
