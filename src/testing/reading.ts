import { Merger } from '../gather/merge.js'
import { valuesOf } from '../gather/prom-client-values.js'
import type { MetricsError } from '../model/errors.js'
import type { Exemplar, FamilyTable } from '../model/family.js'
import type { SeriesKey } from '../model/series-key.js'
import { Slices } from '../platform/slices.js'
import type { Source, WriterSnapshot } from '../store/contract.js'

/** Scrapes a source repeatedly, as an application does: later readings use the results of earlier ones. */
export class SourceReader {
  private readonly merger = new Merger()
  private readonly mergerPerWorker = new Merger('worker', true)

  constructor(private readonly source: Source) {}

  async read(): Promise<ScrapedSeries> {
    const pause = new Slices()
    const { writers, errors } = await this.source.read(pause)
    const merged = await this.merger.merge(writers, pause)
    this.merger.placeExemplars(writers)
    return new ScrapedSeries(writers, merged.tables, [...errors, ...merged.errors])
  }

  /** The same with a series for each worker; undefined if the source knows only the sum of several. */
  async readPerWorker(): Promise<ScrapedSeries | undefined> {
    const pause = new Slices()
    const { writers, errors, summed } = await this.source.read(pause)
    if (summed) return undefined
    const merged = await this.mergerPerWorker.merge(writers, pause)
    return new ScrapedSeries(writers, merged.tables, [...errors, ...merged.errors])
  }
}

/** The result of one scrape. */
export class ScrapedSeries {
  /** `name{labels}` → value. */
  private readonly samples = new Map<string, number>()

  constructor(
    readonly writers: readonly WriterSnapshot[],
    private readonly tables: readonly FamilyTable[],
    readonly errors: readonly MetricsError[],
  ) {
    for (const table of tables) {
      const { name, values } = valuesOf(table)
      for (const { metricName = name, labels, value } of values) {
        const labelPairs = Object.entries(labels).map(([label, text]) => `${label}=${JSON.stringify(String(text))}`)
        const sample = labelPairs.length === 0 ? metricName : `${metricName}{${labelPairs.join()}}`
        if (this.samples.has(sample)) throw new Error(`shown twice: ${sample}`)
        this.samples.set(sample, value)
      }
    }
  }

  /** The value of a sample such as `jobs_total{text="a"}`; undefined when it is not shown. */
  value(sample: string): number | undefined {
    return this.samples.get(sample)
  }

  /** The samples of a name: labels without the braces → value. */
  labelled(name: string): Record<string, number> {
    const found = [...this.samples].filter(([sample]) => sample === name || sample.startsWith(`${name}{`))
    return Object.fromEntries(found.map(([sample, value]) => [sample.slice(name.length + 1, -1), value]).sort())
  }

  /** The sum of all samples of a name, whatever their labels. */
  total(name: string): number {
    return Object.values(this.labelled(name)).reduce((sum, value) => sum + value, 0)
  }

  table(name: string): FamilyTable | undefined {
    return this.tables.find(({ family }) => family.name === name)
  }

  /** The exemplars of a series by bucket. */
  exemplars(name: string, key: SeriesKey): Record<number, Exemplar> {
    const table = this.table(name)
    const row = table?.order.find((each) => table.keys[each] === key)
    return Object.fromEntries((row !== undefined && table?.exemplars?.get(row)) || [])
  }

  /** The series that a family shows, and the first merged slot of each with a value. */
  counted(name: string): Map<SeriesKey, number> {
    const table = this.table(name)
    if (table === undefined) return new Map()
    const slot = table.family.type === 'gauge' ? 1 : 0
    return new Map([...table.order].map((row) => [table.keys[row]!, table.slots[table.bases[row]! + slot]!]))
  }
}
