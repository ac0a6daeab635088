import type { Gathered } from '../../gather/gatherer.js'
import { type FamilyTable, isTable, type SampleFamily } from '../../model/family.js'
import type { LabelSet } from '../../model/label-set.js'
import type { AmountsRead } from '../sent-amounts.js'
import { Found } from './found.js'
import type { Label, SeriesFormat } from './statsd-format.js'
import { TableSeries, withDefaults } from './table-series.js'

/** One value to send. */
export interface StatsdLine {
  /** The parts of the line before the value and after the type. Together they name the series at the server. */
  readonly head: string
  readonly tail: string
  readonly type: 'c' | 'g'
  /** What a counter has grown by, or the value of a gauge. */
  readonly value: number
}

/** What a gathering has to send. */
export interface Changes {
  readonly lines: readonly StatsdLine[]
  /** Amounts of series that began again: they do not belong to the present series. */
  readonly obsolete: readonly (readonly [series: string, amount: number])[]
  /** Counters that have become infinite, which statsd cannot express. */
  readonly infinite: readonly string[]
  /** Unix milliseconds: every series in this gathering was created before. */
  readonly until: number
}

/** Rows whose values are computed at a time. */
const block = 256

/** Finds what has changed since the last export. Keeps the names of series from export to export. */
export class ChangeReader {
  private known = new WeakMap<FamilyTable, TableSeries>()
  private labels: LabelSet | undefined

  /**
   * @param ownLabels labels of every series of this process
   * @param now returns unix milliseconds
   */
  constructor(
    private readonly format: SeriesFormat,
    private readonly prefix: string,
    private readonly ownLabels: () => LabelSet = () => ({}),
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * @param since `until` of the last gathering that was sent; 0 without one
   * @param seen collects the numbers of all series among the amounts
   */
  async read(gathered: Gathered, amounts: AmountsRead, since: number, seen?: Set<number>): Promise<Changes> {
    const { families, defaultLabels, pause } = gathered
    const labels = { ...defaultLabels, ...this.ownLabels() }
    if (!sameLabels(this.labels, labels)) this.known = new WeakMap()
    this.labels = labels
    const found = new Found(amounts, since, this.now(), seen)
    const defaults = Object.entries(labels)
    for (const family of families) {
      if (!isTable(family)) this.readSamples(family, defaults, found)
      else await this.readTable(family, found, gathered)
      if (pause.due()) await pause.rest()
    }
    return found
  }

  private async readTable(table: FamilyTable, found: Found, { pause }: Gathered): Promise<void> {
    const { layout, slots, bases, order } = table
    const series = this.seriesOf(table)
    const width = series.isCount.length
    const values = new Float64Array(block * width)
    for (let from = 0; from < order.length; from += block) {
      const rows = order.subarray(from, from + block)
      series.samples.values(values, table, rows)
      for (let i = 0; i < rows.length; i++) {
        if (layout.present(slots, bases[rows[i]!]!)) found.addRow(table, series, rows[i]!, values, i * width)
      }
      if (pause.due()) await pause.rest()
    }
  }

  private seriesOf(table: FamilyTable): TableSeries {
    let series = this.known.get(table)
    if (series === undefined) {
      series = new TableSeries(table, this.format, this.prefix, this.labels!)
      this.known.set(table, series)
    }
    return series
  }

  /** A family of a collector or a plug-in: it has no creation times, and no rows that stay. */
  private readSamples({ type, name, samples }: SampleFamily, defaults: readonly Label[], found: Found): void {
    const counts = type === 'counter' || type === 'histogram' || type === 'summary'
    for (const sample of samples) {
      if (counts && sample.name.endsWith('_created')) continue
      const labels = withDefaults(Object.entries(sample.labels), defaults)
      const head = this.prefix + this.format.head(sample.name, labels)
      const tail = this.format.tail(labels)
      const isQuantile = type === 'summary' && sample.name === name
      if (!counts || isQuantile) found.addGauge(head, tail, sample.value)
      else found.addSample(head, tail, sample.value, sample.name === `${name}_sum`)
    }
  }
}

function sameLabels(a: LabelSet | undefined, b: LabelSet): boolean {
  return (
    a !== undefined &&
    Object.keys(a).length === Object.keys(b).length &&
    Object.keys(b).every((name) => a[name] === b[name])
  )
}
