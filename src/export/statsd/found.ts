import type { FamilyTable } from '../../model/family.js'
import type { AmountsRead } from '../sent-amounts.js'
import type { Changes, StatsdLine } from './changes.js'
import type { TableSeries } from './table-series.js'

/** Collects the lines of a gathering. */
export class Found implements Changes {
  readonly lines: StatsdLine[] = []
  readonly obsolete: [series: string, amount: number][] = []
  readonly infinite: string[] = []
  until: number

  /**
   * @param since unix milliseconds: a series that was created later began after the last gathering that was sent
   * @param now unix milliseconds
   * @param seen collects the numbers of all series, if they are needed
   */
  constructor(
    private readonly amounts: AmountsRead,
    private readonly since: number,
    now: number,
    private readonly seen?: Set<number>,
  ) {
    this.until = now
  }

  /** @param at the index of the row's first sample in `values` */
  addRow(table: FamilyTable, series: TableSeries, row: number, values: Float64Array, at: number): void {
    const { isCount, witness } = series
    const began = witness >= 0 && this.hasBegun(table.created[row]! * 1000, values[at + witness]!, series, row)
    for (let i = 0; i < isCount.length; i++) {
      const value = values[at + i]!
      if (!isCount[i]) this.addGauge(series.head(row, i), series.tail(row, i), value)
      else {
        const number = series.numberOf(row, i, this.amounts)
        const sent = this.amounts.amount(number)
        if (number >= 0) this.seen?.add(number)
        // Most series have not changed, and need no text.
        if (value !== sent || began) this.addCount(series.head(row, i), series.tail(row, i), value, sent, began)
      }
    }
  }

  /** @param mayFall whether the value is a sum, which falls with a negative observation */
  addSample(head: string, tail: string, value: number, mayFall: boolean): void {
    const number = this.amounts.numberOf(head + tail)
    const sent = this.amounts.amount(number)
    if (number >= 0) this.seen?.add(number)
    if (value !== sent) this.addCount(head, tail, value, sent, value < sent && !mayFall)
  }

  addGauge(head: string, tail: string, value: number): void {
    // The others have no number: a quantile of nothing is NaN, and a limit that the system does not set is infinite.
    if (Number.isFinite(value)) this.lines.push({ head, tail, type: 'g', value })
  }

  /**
   * Whether a series was removed or reset, and counts from 0 again: it was created after the last gathering that was
   * sent, or its count has decreased.
   */
  private hasBegun(created: number, count: number, series: TableSeries, row: number): boolean {
    // Rounded up: a series must not look younger than the gathering that it was in.
    if (created >= this.until) this.until = Math.ceil(created) + 1
    if (this.since > 0 && created > this.since) return true
    return count < this.amounts.amount(series.numberOf(row, series.witness, this.amounts))
  }

  private addCount(head: string, tail: string, value: number, sent: number, began: boolean): void {
    if (began && sent !== 0) this.obsolete.push([head + tail, sent])
    const growth = began ? value : value - sent
    if (Number.isFinite(growth)) {
      // Sums of fractions differ in the last digit, depending on their order.
      const isNoise = Math.abs(growth) <= Math.abs(value) * 2 ** -50
      if (growth !== 0 && (began || !isNoise)) this.lines.push({ head, tail, type: 'c', value: growth })
    } else if (!Number.isNaN(growth)) this.infinite.push(head + tail)
  }
}
