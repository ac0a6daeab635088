import { emptyTable, type Family, type FamilyTable, isTable, ownKey } from '../../model/family.js'
import type { Pause } from '../../model/pause.js'
import { labelValuesOf, type SeriesKey } from '../../model/series-key.js'
import type { FormatCosts, SeriesCost } from './series-costs.js'
import { type MeasuredFormats, writtenSize } from './written-size.js'

/** A family in its written form, and the number of its label sets, so that the cost of more of them is known. */
export class MeasuredFamily {
  /** @param rows the number of series that are shown; each has the same number of lines */
  private constructor(
    readonly rows: number,
    private readonly heading: FormatCosts,
    private readonly whole: FormatCosts,
  ) {}

  static async of(family: Family, formats: MeasuredFormats, pause: Pause): Promise<MeasuredFamily> {
    const whole = await writtenSize(formats, [family], pause)
    if (!isTable(family)) return new MeasuredFamily(1, { text: nothing, openMetrics: nothing }, whole)
    const heading = await writtenSize(formats, [emptyTable(family.family, family.layout)], pause)
    return new MeasuredFamily(shownRows(family).length, heading, whole)
  }

  /** The cost with this number of label sets instead of those that were written. */
  with(rows: number): FormatCosts {
    const scaled = (format: keyof FormatCosts): SeriesCost => {
      const [heading, whole] = [this.heading[format], this.whole[format]]
      const times = this.rows === 0 ? 0 : rows / this.rows
      return {
        series: Math.round(whole.series * times),
        bytes: heading.bytes + Math.round((whole.bytes - heading.bytes) * times),
      }
    }
    return { text: scaled('text'), openMetrics: scaled('openMetrics') }
  }
}

const nothing: SeriesCost = { series: 0, bytes: 0 }

export function shownRows({ order, bases, slots, layout }: FamilyTable): readonly number[] {
  return [...order].filter((row) => layout.present(slots, bases[row]!))
}

/** Returns the family as one worker alone shows it: without the labels that distinguish writers. */
export function ofOneWorker(table: FamilyTable): FamilyTable {
  if ((table.addedLabels ?? []).length === 0) return table
  const rowsByKey = new Map<SeriesKey, number>()
  for (const row of shownRows(table)) {
    const key = ownKey(table, row)
    if (!rowsByKey.has(key)) rowsByKey.set(key, row)
  }
  const { family, layout, slots } = table
  return {
    family,
    layout,
    slots,
    labelNames: family.labelNames,
    keys: [...rowsByKey.keys()],
    bases: [...rowsByKey.values()].map((row) => table.bases[row]!),
    created: [...rowsByKey.values()].map((row) => table.created[row]!),
    order: Int32Array.from({ length: rowsByKey.size }, (_, i) => i),
  }
}

/** By label set: how many workers have the series. */
export class Spread {
  /** Number of workers → number of label sets that so many of them have. */
  private readonly counts = new Map<number, number>()
  /** The workers of these series. */
  readonly workers = new Set<string>()
  /** The number of series that belong to no worker, such as those of `run: 'serving'`. */
  unowned = 0

  private constructor() {}

  static async of(table: FamilyTable, pause: Pause): Promise<Spread> {
    const spread = new Spread()
    const numberAt = table.labelNames.indexOf('worker')
    const workersByKey = new Map<SeriesKey, number>()
    for (const [i, row] of shownRows(table).entries()) {
      if ((i & 63) === 63 && pause.due()) await pause.rest()
      const worker = labelValuesOf(table.keys[row]!)[numberAt] ?? null
      // Seat 0 belongs to no process.
      if (worker === null || worker === '0') spread.unowned++
      else {
        spread.workers.add(worker)
        const key = ownKey(table, row)
        workersByKey.set(key, (workersByKey.get(key) ?? 0) + 1)
      }
    }
    for (const count of workersByKey.values()) spread.counts.set(count, (spread.counts.get(count) ?? 0) + 1)
    return spread
  }

  /**
   * Returns how many series of workers there are with another number of workers. What only one of several has stays with
   * one, such as the metrics of a primary; all others are as common as they are now.
   *
   * @param present the number of workers that were read
   */
  seriesOf(workers: number, present: number): number {
    let series = 0
    for (const [count, labelSets] of this.counts) {
      if (workers === present) series += count * labelSets
      else series += labelSets * (count === 1 && present > 1 ? 1 : (count * workers) / present)
    }
    return Math.round(series)
  }
}
