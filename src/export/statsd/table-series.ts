import { type FamilySamples, samplesOf } from '../../exposition/text/samples.js'
import { text } from '../../exposition/text/text.js'
import type { FamilyTable } from '../../model/family.js'
import type { LabelSet } from '../../model/label-set.js'
import { labelValuesOf } from '../../model/series-key.js'
import type { AmountsRead } from '../sent-amounts.js'
import type { Label, SeriesFormat } from './statsd-format.js'

/** The names of a family's samples as a server sees them: written once per row, and used again at the next export. */
export class TableSeries {
  readonly samples: FamilySamples
  /** Whether each sample of a row only grows, so that its growth is sent. */
  readonly isCount: readonly boolean[]
  /** The sample of a row that shows whether the row began again: it never decreases otherwise. */
  readonly witness: number
  private readonly heads: string[] = []
  private readonly tails: string[] = []
  private readonly defaults: readonly Label[]
  private numbers = new Int32Array(0)
  private numbering: object | undefined

  constructor(
    private readonly table: FamilyTable,
    private readonly format: SeriesFormat,
    private readonly prefix: string,
    labels: LabelSet,
  ) {
    this.samples = samplesOf(table.family, text)
    const { shapes } = this.samples
    const { type } = table.family
    const counts = type === 'counter' || type === 'histogram' || type === 'summary'
    // A quantile is a value of its own.
    this.isCount = shapes.map(({ label }) => counts && label?.[0] !== 'quantile')
    this.witness = counts ? shapes.length - 1 : -1
    this.defaults = Object.entries(labels)
  }

  /** The part of a sample's line before the value. */
  head(row: number, sample: number): string {
    const at = row * this.isCount.length + sample
    if (this.heads[at] === undefined) this.write(row)
    return this.heads[at]!
  }

  /** The part of a sample's line after the type. */
  tail(row: number, sample: number): string {
    return this.tails[row * this.isCount.length + sample]!
  }

  /** The number of a sample's series among the amounts that have been sent; -1 if there is none. */
  numberOf(row: number, sample: number, amounts: AmountsRead): number {
    if (this.numbering !== amounts.numbering) {
      this.numbering = amounts.numbering
      this.numbers.fill(0)
    }
    const at = row * this.isCount.length + sample
    if (at >= this.numbers.length) {
      const wider = new Int32Array(
        Math.max(at + 1, this.numbers.length * 2, this.table.keys.length * this.isCount.length),
      )
      wider.set(this.numbers)
      this.numbers = wider
    }
    // 0 is unknown.
    const known = this.numbers[at]! - 1
    if (known >= 0) return known
    const number = amounts.numberOf(this.head(row, sample) + this.tail(row, sample))
    this.numbers[at] = number + 1
    return number
  }

  private write(row: number): void {
    const { table, format, prefix } = this
    const { labelNames, keys } = table
    const values = labelValuesOf(keys[row]!)
    const labels: Label[] = []
    for (const [i, name] of labelNames.entries()) {
      const value = values[i]
      if (value !== null && value !== undefined) labels.push([name, value])
    }
    const series = withDefaults(labels, this.defaults)
    for (const [i, { name, label }] of this.samples.shapes.entries()) {
      const all = label === undefined ? series : [...series.filter(([other]) => other !== label[0]), label]
      const at = row * this.isCount.length + i
      this.heads[at] = prefix + format.head(name, all)
      this.tails[at] = format.tail(all)
    }
  }
}

/**
 * Adds labels that a series lacks. By name, because processes may declare default labels in another order, and a series
 * must have one name.
 */
export function withDefaults(labels: readonly Label[], defaults: readonly Label[]): readonly Label[] {
  const missing = defaults.filter(([name]) => !labels.some(([other]) => other === name))
  return [...labels, ...missing].sort(([a], [b]) => (a < b ? -1 : 1))
}
