import { grown } from './hash-chains.js'

/**
 * Series by the values of some of their labels, so that a filter on these labels finds its series without a pass over
 * all of them. A series is removed in constant time, however large its group is, because each one knows its
 * predecessor.
 */
export class SeriesGroups {
  /** The first series of each chain; 0 for none. Their number is a power of two. */
  private heads: Int32Array
  private next: Int32Array
  private previous: Int32Array
  private size = 0

  /**
   * @param labels the positions of the labels
   * @param valueAt returns the number of a label value of a series
   * @param expected the number of series that will be added
   */
  constructor(
    private readonly labels: readonly number[],
    private readonly valueAt: (series: number, label: number) => number,
    expected = 16,
  ) {
    this.heads = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(expected, 16))))
    this.next = new Int32Array(expected + 1)
    this.previous = new Int32Array(expected + 1)
  }

  add(series: number): void {
    if (series >= this.next.length) {
      this.next = grown(this.next, series + 1)
      this.previous = grown(this.previous, series + 1)
    }
    if (++this.size > this.heads.length) this.widen()
    this.link(series)
  }

  delete(series: number): void {
    const { heads, next, previous } = this
    const [before, after] = [previous[series]!, next[series]!]
    if (before === 0) heads[this.chainOf(series)] = after
    else next[before] = after
    if (after !== 0) previous[after] = before
    this.size--
  }

  /** Returns the series with these values, in the order of the labels. */
  find(values: readonly number[]): number[] {
    let hash = 0
    for (const value of values) hash = mixed(hash, value)
    const found: number[] = []
    for (let series = this.heads[this.chain(hash)]!; series !== 0; series = this.next[series]!) {
      if (this.labels.every((label, i) => this.valueAt(series, label) === values[i])) found.push(series)
    }
    return found
  }

  private chainOf(series: number): number {
    let hash = 0
    for (const label of this.labels) hash = mixed(hash, this.valueAt(series, label))
    return this.chain(hash)
  }

  private chain(hash: number): number {
    return (hash ^ (hash >>> 15)) & (this.heads.length - 1)
  }

  private link(series: number): void {
    const { heads, next, previous } = this
    const chain = this.chainOf(series)
    const after = heads[chain]!
    heads[chain] = series
    next[series] = after
    previous[series] = 0
    if (after !== 0) previous[after] = series
  }

  /**
   * Doubles the number of chains. Goes through the old chains, because other entries of the columns may be in no chain.
   */
  private widen(): void {
    const { heads, next } = this
    this.heads = new Int32Array(heads.length * 2)
    for (const head of heads) {
      for (let series = head, after = 0; series !== 0; series = after) {
        after = next[series]!
        this.link(series)
      }
    }
  }
}

function mixed(hash: number, value: number): number {
  return Math.imul(hash ^ value, 0x9e3779b1)
}
