import { MetricsError } from './errors.js'
import { describe } from './metric-name.js'

/** Between these two values, every quantile is shown within the relative error. */
const smallest = 1e-6
const largest = 1e9

export const defaultRelativeError = 0.01
/** With this error, a series takes 1.4 MB; with the default 14 kB. */
const leastRelativeError = 0.0001

/**
 * Bins from which quantiles are estimated within a relative error, whatever the values: each is `gamma` times as wide
 * as the one below, and represents the value that is equally far, in proportion, from both of its ends. All processes
 * use the same bins, so the sketches of many merge by addition into the sketch of all that they observed.
 *
 * Bin 0 counts values below 1e-6, including negative ones, and represents 0; the last bin counts all values above 1e9.
 *
 * Source: C. Masson, J. E. Rim, H. K. Lee: DDSketch: A fast and fully-mergeable quantile sketch with relative-error
 * guarantees, PVLDB 12(12), 2019, https://www.vldb.org/pvldb/vol12/p2195-masson.pdf
 *
 * @example new QuantileSketch(0.01).valueOf(new QuantileSketch(0.01).binOf(2)) // 2, give or take 0.02
 */
export class QuantileSketch {
  /** The number of bins. */
  readonly bins: number
  private readonly gamma: number
  private readonly perLog: number
  private readonly offset: number

  constructor(relativeError: number) {
    if (!(relativeError > 0 && relativeError < 1)) throw new RangeError(`no relative error: ${relativeError}`)
    this.gamma = (1 + relativeError) / (1 - relativeError)
    this.perLog = 1 / Math.log(this.gamma)
    this.offset = -Math.log(smallest) * this.perLog
    this.bins = 1 + Math.ceil(Math.log(largest) * this.perLog + this.offset)
  }

  binOf(value: number): number {
    if (!(value >= smallest)) return 0
    const bin = Math.ceil(Math.log(value) * this.perLog + this.offset)
    return bin < 1 ? 1 : bin < this.bins ? bin : this.bins - 1
  }

  /** Returns the value that a bin represents. */
  valueOf(bin: number): number {
    return bin === 0 ? 0 : (smallest * 2 * this.gamma ** bin) / (this.gamma + 1)
  }

  /**
   * Returns the quantile of the counts in the bins from `first` on: the smallest value that a part `q` of the observations
   * does not exceed. So of ten observations, the largest is the 99th percentile. NaN without counts.
   *
   * @param only the observation, if there is only one: it is shown unchanged
   */
  quantile(counts: Float64Array, first: number, q: number, only?: number): number {
    // Counted here and not read from a stored total, because the two may differ after a writer was killed inside a
    // record.
    let total = 0
    for (let bin = 0; bin < this.bins; bin++) total += counts[first + bin]!
    if (total === 0) return Number.NaN
    if (total === 1 && only !== undefined) return only
    // A product such as 0.07 × 100 is a little more than the whole number that it stands for.
    const rank = Math.max(Math.ceil(q * total * (1 - 1e-12)), 1)
    let reached = 0
    let bin = 0
    while (bin < this.bins - 1 && (reached += counts[first + bin]!) < rank) bin++
    return this.valueOf(bin)
  }
}

/** Checks a summary's quantiles and returns them in ascending order; by default none. */
export function checkQuantiles(metric: string, quantiles: unknown): readonly number[] {
  if (quantiles === undefined) return []
  if (!Array.isArray(quantiles)) {
    throw new MetricsError(
      'QUANTILES_INVALID',
      `${metric}: quantiles must be an array such as [0.5, 0.9, 0.99], got ${describe(quantiles)}`,
    )
  }
  for (const quantile of quantiles as unknown[]) {
    if (typeof quantile !== 'number' || !(quantile >= 0 && quantile <= 1)) {
      throw new MetricsError(
        'QUANTILES_INVALID',
        `${metric}: quantile ${describe(quantile)} is not a number from 0 to 1; the 99th percentile is 0.99`,
      )
    }
  }
  const sorted = [...(quantiles as number[])].sort((a, b) => a - b)
  const twice = sorted.find((quantile, i) => quantile === sorted[i + 1])
  if (twice !== undefined) throw new MetricsError('QUANTILES_INVALID', `${metric}: quantile ${twice} is given twice`)
  return sorted
}

/** Checks the maximum relative error of a shown quantile; the default is 0.01. */
export function checkRelativeError(metric: string, error: unknown): number {
  if (error === undefined) return defaultRelativeError
  if (typeof error !== 'number' || !(error >= leastRelativeError && error < 0.5)) {
    throw new MetricsError(
      'OPTION_INVALID',
      `${metric}: relativeError must be from ${leastRelativeError} to below 0.5, got ${describe(error)}; 0.01 is 1 %`,
    )
  }
  return error
}
