import { histogramSlots } from '../../model/layout/histogram.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import { isCumulative } from '../../model/layout/metric-types.js'
import { summarySlots } from '../../model/layout/summary.js'
import { type SeriesKey, seriesKey } from '../../model/series-key.js'
import { opened, SeriesLog } from '../core/series-log.js'
import { type Definitions, labelsIn } from './definitions.js'
import type { FileKey } from './file-key.js'
import type { FileName } from './file-name.js'

/** The number of the owner of a file: it has only one. */
export const onlyEpoch = 1

/** A series of several values that are not all in the file yet. */
interface IncompleteSeries {
  readonly labels: FileKey['labels']
  readonly help: string
  /** Bound, or part of a summary → index of the value. */
  readonly values: Map<number | 'sum' | 'count', number>
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
  private used = 0
  private indexes = new Int32Array(16)
  private targets = new Int32Array(16)
  private count = 0
  private readonly families = new Map<string, number>()
  private readonly incomplete = new Map<string, IncompleteSeries>()
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
    return this.slots.subarray(0, this.used)
  }

  /**
   * Adds a value.
   *
   * @param index the index of the value among the float64 of the file
   * @param timestamp the index of the time at which it was set; undefined if the file has none
   */
  add(key: FileKey, index: number, timestamp: number | undefined): void {
    const { type } = this.file
    if (type === 'counter') this.place(this.open(key.sample, key), index)
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

  /** Copies the values of the file in the order in which they were added. */
  extract(doubles: Float64Array, into: Float64Array): void {
    const { indexes, count } = this
    for (let i = 0; i < count; i++) into[i] = doubles[indexes[i]!]!
  }

  /** Compares extracted values with those that were last taken: whether one differs, and whether one went back. */
  compare(extracted: Float64Array): { readonly differs: boolean; readonly wentBack: boolean } {
    const { targets, slots, count, grows } = this
    let differs = false
    let wentBack = false
    for (let i = 0; i < count; i++) {
      const before = slots[targets[i]!]!
      const now = extracted[i]!
      if (now === before) continue
      differs = true
      // The only wrong value of a gauge is a zero that its process is about to replace.
      if (grows ? now < before : now === 0) wentBack = true
    }
    return { differs, wentBack }
  }

  /** Takes extracted values. */
  take(extracted: Float64Array): void {
    const { targets, slots, count } = this
    for (let i = 0; i < count; i++) slots[targets[i]!] = extracted[i]!
  }

  /**
   * Takes the values that were added last from the file itself.
   *
   * @param from how many values were added before
   */
  takeNew(doubles: Float64Array, from: number): void {
    const { indexes, targets, slots, count } = this
    for (let i = from; i < count; i++) slots[targets[i]!] = doubles[indexes[i]!]!
  }

  private addGauge(key: FileKey, index: number, timestamp: number | undefined): void {
    const slot = this.open(key.metric, key)
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

  private addToSummary(key: FileKey, index: number): void {
    const kind = endingOf(key)
    if (kind !== '_count' && kind !== '_sum') return
    const id = idOf(key, key.labels)
    const series = this.incompleteOf(id, key, key.labels)
    series.values.set(kind === '_sum' ? 'sum' : 'count', index)
    const [sum, count] = [series.values.get('sum'), series.values.get('count')]
    if (sum === undefined || count === undefined) return
    this.incomplete.delete(id)
    const slot = this.open(key.metric, key)
    this.place(slot + summarySlots.sum, sum)
    this.place(slot + summarySlots.count, count)
  }

  private addToHistogram(key: FileKey, index: number): void {
    const kind = endingOf(key)
    const labels = key.labels.filter(([name]) => name !== 'le')
    const id = idOf(key, labels)
    if (kind === '_sum') this.incompleteOf(id, key, labels).values.set('sum', index)
    if (kind !== '_bucket') return
    const bound = boundOf(key)
    if (Number.isNaN(bound)) return
    const series = this.incompleteOf(id, key, labels)
    series.values.set(bound, index)
    // The last one that the client adds.
    if (bound !== Number.POSITIVE_INFINITY) return
    this.incomplete.delete(id)
    this.openHistogram(key, series)
  }

  private openHistogram(key: FileKey, { labels, values }: IncompleteSeries): void {
    const finite = [...values.keys()].filter((bound): bound is number => Number.isFinite(bound))
    const known = this.bounds.get(key.metric)
    const bounds = [...new Set([...(known ?? []), ...finite])].sort((a, b) => a - b)
    if (known !== undefined && bounds.length > known.length) this.outdated = true
    this.bounds.set(key.metric, bounds)
    if (this.outdated) return
    const slot = this.open(key.metric, { ...key, labels }, bounds)
    const sum = values.get('sum')
    if (sum !== undefined) this.place(slot + histogramSlots.sum, sum)
    for (const [i, bound] of [...bounds, Number.POSITIVE_INFINITY].entries()) {
      const index = values.get(bound)
      if (index !== undefined) this.place(slot + histogramSlots.buckets + i, index)
    }
  }

  private incompleteOf(id: string, { help }: FileKey, labels: FileKey['labels']): IncompleteSeries {
    let series = this.incomplete.get(id)
    if (series === undefined) this.incomplete.set(id, (series = { labels, help, values: new Map() }))
    return series
  }

  /** Opens a series; returns its first slot. */
  private open(
    name: string,
    { labels: ownLabels, help }: Pick<FileKey, 'labels' | 'help'>,
    bounds?: readonly number[],
  ): number {
    const { file, definitions, log } = this
    const labels = labelsIn(file, ownLabels)
    const labelNames = definitions.labelNamesOf(
      file,
      name,
      labels.map(([label]) => label),
    )
    const family = this.familyOf(name, help, bounds)
    const slot = this.used
    this.reach(slot + layoutOf(log.families[family]!).width)
    log.append(opened, family, slot, keyOf(labelNames, labels), this.created)
    return slot
  }

  private familyOf(name: string, help: string, bounds?: readonly number[]): number {
    const id = `${name} ${help}`
    const known = this.families.get(id)
    if (known !== undefined) return known
    const number = this.log.families.push(this.definitions.descriptorOf(this.file, name, help, bounds)) - 1
    this.families.set(id, number)
    return number
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

function endingOf({ metric, sample }: FileKey): string {
  return sample.startsWith(metric) ? sample.slice(metric.length) : ''
}

function idOf({ metric, help }: FileKey, labels: FileKey['labels']): string {
  return JSON.stringify([metric, help, labels])
}

function boundOf({ labels }: FileKey): number {
  const text = labels.find(([name]) => name === 'le')?.[1] ?? ''
  return text === '' ? Number.NaN : Number(text.replace(/^\+?Inf$/, 'Infinity'))
}

/** To Prometheus, an empty label is one that the series lacks. */
function keyOf(labelNames: readonly string[], labels: FileKey['labels']): SeriesKey {
  if (labels.length === labelNames.length) return seriesKey(labels.map(([, value]) => value || null))
  const values = new Map(labels)
  return seriesKey(labelNames.map((name) => values.get(name) || null))
}
