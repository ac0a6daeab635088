import { histogramSlots } from '../../model/layout/histogram.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import { isCumulative } from '../../model/layout/metric-types.js'
import { summarySlots } from '../../model/layout/summary.js'
import { opened, SeriesLog } from '../core/series-log.js'
import type { Definitions } from './definitions.js'
import type { FileKey, KeySeries } from './file-key.js'
import type { FileName } from './file-name.js'

/** The number of the owner of a file: it has only one. */
export const onlyEpoch = 1

/** A series of several values that are not all in the file yet: the indexes of those that are. */
interface IncompleteSeries {
  sum: number | undefined
  count: number | undefined
  readonly bounds: number[]
  readonly buckets: number[]
}

/** The bounds of a histogram by its name; a file that has others is read again with all of them. */
export type KnownBounds = Map<string, readonly number[]>

/**
 * The series of one file, as the log and the dense slots of a writer, and where in the file the value of each slot is.
 *
 * Python's client adds the values of a histogram or a summary one after the other. Such a series is shown once its last
 * value is there: until then, all of them are 0.
 */
export class FileSeries {
  readonly log = new SeriesLog()
  /** Whether a histogram has further bounds, so the file must be read again from its beginning. */
  outdated = false
  private slots = new Float64Array(16)
  private view = new Float64Array(0)
  private used = 0
  private indexes = new Int32Array(16)
  private targets = new Int32Array(16)
  private count = 0
  private readonly families = new Map<string, number>()
  private readonly widths: number[] = []
  private last: { readonly name: string; readonly help: string; readonly number: number } | undefined
  private readonly incomplete = new Map<KeySeries, IncompleteSeries>()
  private readonly grows: boolean

  /** @param created unix seconds at which the file was created */
  constructor(
    private readonly file: FileName,
    private readonly definitions: Definitions,
    private readonly bounds: KnownBounds,
    private readonly created: number,
  ) {
    this.grows = isCumulative(file.type)
  }

  /** The slots of the file as they were last taken. */
  get values(): Float64Array {
    if (this.view.length !== this.used) this.view = this.slots.subarray(0, this.used)
    return this.view
  }

  /**
   * Adds a value.
   *
   * @param index the index of the value among the float64 of the file
   * @param timestamp the index of the time at which it was set; undefined if the file has none
   */
  add(key: FileKey, index: number, timestamp: number | undefined): void {
    const { type } = this.file
    if (type === 'counter') this.place(this.open(key.series), index)
    else if (type === 'gauge') this.addGauge(key, index, timestamp)
    else if (type === 'summary') this.addToSummary(key, index)
    else this.addToHistogram(key, index)
  }

  /** Whether a series lacks some of its values. */
  get isIncomplete(): boolean {
    return this.incomplete.size > 0
  }

  /** How many values of the file are shown. */
  get size(): number {
    return this.count
  }

  /** Copies the values of the file to where they are in it, before they are cleared there. */
  copy(doubles: Float64Array, into: Float64Array): void {
    const { indexes, count } = this
    for (let i = 0; i < count; i++) into[indexes[i]!] = doubles[indexes[i]!]!
  }

  /** Compares the values of the file with those that were last taken: whether one differs, and whether one went back. */
  compare(doubles: Float64Array): 'same' | 'differ' | 'went_back' {
    const { indexes, targets, slots, count, grows } = this
    let result: 'same' | 'differ' = 'same'
    for (let i = 0; i < count; i++) {
      const before = slots[targets[i]!]!
      const now = doubles[indexes[i]!]!
      if (now === before) continue
      result = 'differ'
      // The only wrong value of a gauge is a zero that its process is about to replace.
      if (grows ? now < before : now === 0) return 'went_back'
    }
    return result
  }

  /**
   * Takes the values of the file.
   *
   * @param from how many of them, those that were added first, to skip
   */
  take(doubles: Float64Array, from = 0): void {
    const { indexes, targets, slots, count } = this
    for (let i = from; i < count; i++) slots[targets[i]!] = doubles[indexes[i]!]!
  }

  private addGauge({ series }: FileKey, index: number, timestamp: number | undefined): void {
    const slot = this.open(series)
    const { slots } = this
    const mode = this.file.mode!
    if (mode.endsWith('mostrecent')) {
      slots[slot + 1] = onlyEpoch
      this.place(slot + 3, index)
      // Without a time, a value was never set.
      if (timestamp !== undefined) this.place(slot + 2, timestamp)
    } else if (mode === 'sum' || mode === 'min' || mode === 'max') {
      slots[slot] = 2 * onlyEpoch
      slots[slot + 2] = Number.NaN
      this.place(slot + 1, index)
    } else {
      slots[slot] = onlyEpoch
      this.place(slot + 1, index)
    }
  }

  private addToSummary({ series, part }: FileKey, index: number): void {
    const found = this.incompleteOf(series)
    if (part === 'sum') found.sum = index
    else found.count = index
    const { sum, count } = found
    if (sum === undefined || count === undefined) return
    this.incomplete.delete(series)
    const slot = this.open(series)
    this.place(slot + summarySlots.sum, sum)
    this.place(slot + summarySlots.count, count)
  }

  private addToHistogram({ series, part }: FileKey, index: number): void {
    const found = this.incompleteOf(series)
    if (part === 'sum') found.sum = index
    if (typeof part !== 'number') return
    found.bounds.push(part)
    found.buckets.push(index)
    // The last one that the client adds.
    if (part !== Number.POSITIVE_INFINITY) return
    this.incomplete.delete(series)
    found.bounds.pop()
    this.openHistogram(series, found)
  }

  private openHistogram(series: KeySeries, { sum, bounds, buckets }: IncompleteSeries): void {
    const all = this.boundsWith(series.name, bounds)
    if (this.outdated) return
    const slot = this.open(series, all)
    if (sum !== undefined) this.place(slot + histogramSlots.sum, sum)
    const first = slot + histogramSlots.buckets
    for (const [i, bound] of bounds.entries()) {
      this.place(first + (all[i] === bound ? i : all.indexOf(bound)), buckets[i]!)
    }
    this.place(first + all.length, buckets.at(-1)!)
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

  private incompleteOf(series: KeySeries): IncompleteSeries {
    let found = this.incomplete.get(series)
    if (found === undefined) {
      found = { sum: undefined, count: undefined, bounds: [], buckets: [] }
      this.incomplete.set(series, found)
    }
    return found
  }

  /** Opens a series; returns its first slot. */
  private open(series: KeySeries, bounds?: readonly number[]): number {
    const { log, definitions, file } = this
    const key = definitions.seriesKeyOf(file, series)
    const family = this.familyOf(series, bounds)
    const slot = this.used
    this.reach(slot + this.widths[family]!)
    log.append(opened, family, slot, key, this.created)
    return slot
  }

  private familyOf({ name, help }: KeySeries, bounds?: readonly number[]): number {
    // Most series belong to the same family as the one before.
    const { last } = this
    if (last !== undefined && last.name === name && last.help === help) return last.number
    const id = `${name} ${help}`
    let number = this.families.get(id)
    if (number === undefined) this.families.set(id, (number = this.addFamily(name, help, bounds)))
    this.last = { name, help, number }
    return number
  }

  private addFamily(name: string, help: string, bounds?: readonly number[]): number {
    const family = this.definitions.descriptorOf(this.file, name, help, bounds)
    this.widths.push(layoutOf(family).width)
    return this.log.families.push(family) - 1
  }

  private place(slot: number, index: number): void {
    if (this.count === this.indexes.length) {
      this.indexes = wider(this.indexes, Int32Array)
      this.targets = wider(this.targets, Int32Array)
    }
    this.indexes[this.count] = index
    this.targets[this.count++] = slot
  }

  private reach(slots: number): void {
    while (slots > this.slots.length) this.slots = wider(this.slots, Float64Array)
    this.used = slots
  }
}

function wider<T extends Int32Array | Float64Array>(array: T, Type: new (length: number) => T): T {
  const copy = new Type(array.length * 2)
  copy.set(array)
  return copy
}
