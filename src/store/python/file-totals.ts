import { histogramSlots } from '../../model/layout/histogram.js'
import { summarySlots } from '../../model/layout/summary.js'
import { SeriesLog } from '../core/series-log.js'
import type { Definitions } from './definitions.js'
import type { FileKey, KeySeries } from './file-key.js'
import type { FileName } from './file-name.js'
import { FileValues } from './file-values.js'
import type { SummedFamily, SummedFiles, SummedSeries } from './summed-files.js'

/** A series of several values that are not all in the file yet: the indexes of those that are. */
interface IncompleteSeries {
  /** The number of the head of its first entry, and how many entries had consecutive ones; NaN if not all had. */
  readonly first: number
  following: number
  sum: number | undefined
  count: number | undefined
  readonly bounds: number[]
  readonly buckets: number[]
}

/** The bounds of a histogram by its name; a file that has others is read again with all of them. */
export type KnownBounds = Map<string, readonly number[]>

/**
 * The counters, histograms or summaries of one file, and where their values belong among the sums.
 *
 * Python's client adds the values of a histogram or a summary one after the other. Such a series is shown once its last
 * value is there: until then, all of them are 0.
 */
export class FileTotals {
  /** Empty, because the series are in the log of the sums. */
  readonly log = new SeriesLog()
  readonly values = new FileValues(true)
  readonly families: SummedFamily[] = []
  readonly series: SummedSeries[] = []
  /** Whether a histogram has further bounds, so the file must be read again from its beginning. */
  outdated = false
  private readonly familiesById = new Map<string, SummedFamily>()
  private last: { readonly name: string; readonly help: string; readonly family: SummedFamily } | undefined
  private readonly incomplete = new Map<KeySeries, IncompleteSeries>()
  /** The series that the last value belongs to, because its further ones follow. */
  private lastSeries: KeySeries | undefined
  private lastIncomplete: IncompleteSeries | undefined

  /** @param created unix seconds at which the file was created */
  constructor(
    private readonly file: FileName,
    private readonly definitions: Definitions,
    private readonly sums: SummedFiles,
    private readonly bounds: KnownBounds,
    readonly created: number,
  ) {}

  /** Whether a series lacks some of its values. */
  get isIncomplete(): boolean {
    return this.incomplete.size > 0
  }

  /**
   * Adds a value.
   *
   * @param index the index of the value among the float64 of the file
   * @param head the number of the head of its entry
   */
  add(key: FileKey, index: number, head: number): void {
    const { type } = this.file
    if (type === 'counter') this.values.place(this.open(key.series), index)
    else if (type === 'summary') this.addToSummary(key, index, head)
    else this.addToHistogram(key, index, head)
  }

  /** Whether a head may be the first of a series whose entries follow each other, with the slots that it has here. */
  isRun(key: FileKey | undefined, head: number): boolean {
    const series = key?.series
    if (series?.run?.first !== head || this.incomplete.size > 0) return false
    const { family } = series.run
    return family === this.last?.family && family === series.summed!.family && !series.summed!.isGone
  }

  /**
   * Adds all values of such a series.
   *
   * @param indexes by entry, from `from` on: where its value is
   */
  addRun(series: KeySeries, indexes: Int32Array, from: number): void {
    const summed = series.summed!
    this.series.push(summed)
    this.values.placeAll(summed.slot, series.run!.slots, indexes, from)
  }

  /** Returns the number of series of each family. */
  countByFamily(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const { family } of this.series) {
      const { name } = family.descriptor
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    return counts
  }

  private addToSummary({ series, part }: FileKey, index: number, head: number): void {
    const found = this.incompleteOf(series, head)
    const isSumFirst = found.sum !== undefined
    if (part === 'sum') found.sum = index
    else found.count = index
    const { sum, count } = found
    if (sum === undefined || count === undefined) return
    this.complete(series)
    const slot = this.open(series)
    this.values.place(slot + summarySlots.sum, sum)
    this.values.place(slot + summarySlots.count, count)
    const { sum: ofSum, count: ofCount } = summarySlots
    this.noteRun(series, found, isSumFirst ? [ofSum, ofCount] : [ofCount, ofSum])
  }

  private addToHistogram({ series, part }: FileKey, index: number, head: number): void {
    const found = this.incompleteOf(series, head)
    if (part === 'sum') found.sum = index
    if (typeof part !== 'number') return
    found.buckets.push(index)
    // The last one that the client adds.
    if (part === Number.POSITIVE_INFINITY) {
      this.complete(series)
      this.openHistogram(series, found)
    } else found.bounds.push(part)
  }

  private openHistogram(series: KeySeries, found: IncompleteSeries): void {
    const { values } = this
    const { sum, bounds, buckets } = found
    const all = this.boundsWith(series.name, bounds)
    if (this.outdated) return
    const slot = this.open(series, all)
    if (sum !== undefined) values.place(slot + histogramSlots.sum, sum)
    const first = slot + histogramSlots.buckets
    for (let i = 0; i < bounds.length; i++) {
      values.place(first + (all[i] === bounds[i] ? i : all.indexOf(bounds[i]!)), buckets[i]!)
    }
    values.place(first + all.length, buckets.at(-1)!)
    const ofBuckets = [...bounds.map((bound) => all.indexOf(bound)), all.length].map(
      (at) => histogramSlots.buckets + at,
    )
    this.noteRun(series, found, sum === undefined ? ofBuckets : [histogramSlots.sum, ...ofBuckets])
  }

  /** @param slots of the values in the order of their entries, if these followed each other */
  private noteRun(series: KeySeries, { first, following }: IncompleteSeries, slots: readonly number[]): void {
    if (following === slots.length) series.run = { first, family: series.summed!.family, slots }
  }

  /** Returns the bounds of a histogram, those of one series included. */
  private boundsWith(name: string, bounds: readonly number[]): readonly number[] {
    const known = this.bounds.get(name)
    if (known !== undefined && bounds.every((bound, i) => known[i] === bound || known.includes(bound))) return known
    if (known !== undefined) this.outdated = true
    const all = [...new Set([...(known ?? []), ...bounds])].sort((a, b) => a - b)
    this.bounds.set(name, all)
    return all
  }

  private incompleteOf(series: KeySeries, head: number): IncompleteSeries {
    let found = this.lastSeries === series ? this.lastIncomplete : this.incomplete.get(series)
    if (found === undefined) {
      found = { first: head, following: 0, sum: undefined, count: undefined, bounds: [], buckets: [] }
      this.incomplete.set(series, found)
    }
    found.following = head === found.first + found.following ? found.following + 1 : Number.NaN
    this.lastSeries = series
    this.lastIncomplete = found
    return found
  }

  private complete(series: KeySeries): void {
    this.incomplete.delete(series)
    this.lastSeries = undefined
  }

  /** Opens a series; returns its first slot. */
  private open(series: KeySeries, bounds?: readonly number[]): number {
    let { summed } = series
    if (summed === undefined || summed.isGone || summed.family !== this.last?.family) {
      const key = this.definitions.seriesKeyOf(this.file, series)
      series.summed = summed = this.sums.seriesOf(this.familyOf(series, bounds), key)
    }
    this.series.push(summed)
    return summed.slot
  }

  private familyOf({ name, help }: KeySeries, bounds?: readonly number[]): SummedFamily {
    // Most series belong to the same family as the one before.
    const { last } = this
    if (last !== undefined && last.name === name && last.help === help) return last.family
    const id = `${name} ${help}`
    let family = this.familiesById.get(id)
    if (family === undefined) {
      family = this.sums.familyOf(this.definitions.descriptorOf(this.file, name, help, bounds))
      this.familiesById.set(id, family)
      this.families.push(family)
    }
    this.last = { name, help, family }
    return family
  }
}
