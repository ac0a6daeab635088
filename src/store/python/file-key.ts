import { isLabelName } from '../../model/label-set.js'
import { isMetricName } from '../../model/metric-name.js'
import type { SeriesKey } from '../../model/series-key.js'
import { keyTextAt, type ValueLength, valuePosition } from './entries.js'
import type { FileBuffer } from './file-buffer.js'
import type { FileType } from './file-name.js'
import { HeadNumbers } from './head-numbers.js'
import type { SummedFamily, SummedSeries } from './summed-files.js'

/** The series that a value belongs to. Values of the same series have the same object. */
export interface KeySeries {
  /** The name of the family: of a counter that of its sample, which ends in `_total`. */
  readonly name: string
  readonly help: string
  /** In the alphabetical order of the names, without the `le` of a bucket. */
  readonly labels: readonly (readonly [name: string, value: string])[]
  /** The key of the series as it was last determined, because every process has the same series. */
  resolved?: { readonly mode: string | undefined; readonly edition: number; readonly key: SeriesKey }
  /** The series as it was last found among the sums. */
  summed?: SummedSeries
  /** Its entries, if files have them one after the other. */
  run?: KeyRun
}

/** The entries of a series of several values. Their heads have consecutive numbers. */
export interface KeyRun {
  /** The number of the first head. */
  readonly first: number
  /** The family whose slots these are. */
  readonly family: SummedFamily
  /** By entry: the slot of its value among those of the series. */
  readonly slots: readonly number[]
}

/** The key of one value. */
export interface FileKey {
  readonly series: KeySeries
  /** The bound of a bucket, or which value of its series it is. */
  readonly part: 'value' | 'sum' | 'count' | number
}

/** The help text of files that have none: before version 0.16. */
const defaultHelp = 'Multiprocess metric'

/** The keys of files of one type. Each is parsed once: later, its bytes are recognized. */
export class FileKeys {
  private readonly heads = new HeadNumbers()
  /** By the number of the head. */
  private readonly keys: (FileKey | undefined)[] = [undefined]
  private readonly series = new Map<string, KeySeries>()
  private last: KeySeries | undefined

  constructor(private readonly type: FileType) {}

  /** How many bytes the heads of all keys have. */
  get size(): number {
    return this.heads.size * 4
  }

  /**
   * Returns the number of the entry's head at `at`: of its bytes before its value.
   *
   * @param end the number of bytes in use
   * @returns 0 if there is no whole entry at this position
   */
  numberAt(buffer: FileBuffer, at: number, end: number, valueLength: ValueLength): number {
    const { heads } = this
    const { words } = buffer
    const from = at / 4
    const predicted = heads.predicted(words, from)
    if (predicted !== 0 && at + heads.lengthOf(predicted) * 4 + valueLength <= end) return predicted
    const position = valuePosition(buffer, at, end, valueLength)
    if (position === 0) return 0
    const number = heads.numberOf(words, from, position / 4)
    if (number === this.keys.length) this.keys.push(this.parse(keyTextAt(buffer, at)))
    return number
  }

  /**
   * Whether the entries from `at` on are those of a run.
   *
   * @param indexes receives where each value is, in float64 from the beginning, from `next` on
   * @returns the position after them; 0 if they are others
   */
  runAt(
    { first, slots }: KeyRun,
    { words }: FileBuffer,
    at: number,
    end: number,
    valueLength: ValueLength,
    indexes: Int32Array,
    next: number,
  ): number {
    const after = this.heads.run(first, slots.length, words, at / 4, valueLength / 4, indexes, next) * 4
    return after <= end ? after : 0
  }

  /** Returns how many bytes a head has. */
  lengthOf(number: number): number {
    return this.heads.lengthOf(number) * 4
  }

  /** Returns the key of a head; undefined if it is not that of a metric, or has names that text 0.0.4 cannot print. */
  keyOf(number: number): FileKey | undefined {
    return this.keys[number]
  }

  /**
   * Reads a key: `[metric, sample, {label: value}, help]`; before version 0.16 without the help text, and before 0.4 with
   * the names and the values of the labels in two lists.
   */
  private parse(text: string): FileKey | undefined {
    const [metric, sample, labels, last] = listOf(text)
    if (typeof metric !== 'string' || typeof sample !== 'string') return undefined
    const pairs = pairsOf(labels, last)
    const part = this.partOf(metric, sample, pairs)
    const name = this.type === 'counter' ? sample : metric
    if (pairs === undefined || part === undefined || !isMetricName(name)) return undefined
    const own = typeof part === 'number' ? pairs.filter(([label]) => label !== 'le') : pairs
    const help = Array.isArray(labels) || typeof last !== 'string' ? defaultHelp : last.toWellFormed()
    if (own.length > 1) own.sort(([a], [b]) => (a < b ? -1 : 1))
    return { series: this.seriesOf(name, help, own), part }
  }

  private partOf(
    metric: string,
    sample: string,
    pairs: readonly (readonly string[])[] = [],
  ): FileKey['part'] | undefined {
    const { type } = this
    if (type === 'counter' || type === 'gauge') return 'value'
    const ending = sample.startsWith(metric) ? sample.slice(metric.length) : ''
    if (ending === '_sum') return 'sum'
    if (type === 'summary') return ending === '_count' ? 'count' : undefined
    const bound = pairs.find(([name]) => name === 'le')?.[1]
    if (ending !== '_bucket' || !bound) return undefined
    const number = Number(bound.replace(/^\+?Inf$/, 'Infinity'))
    return Number.isNaN(number) ? undefined : number
  }

  private seriesOf(name: string, help: string, labels: KeySeries['labels']): KeySeries {
    // A counter or a gauge has only one value, so its key is that of no other value.
    if (this.type === 'counter' || this.type === 'gauge') return { name, help, labels }
    // The values of a series follow each other.
    const { last } = this
    if (last?.name === name && last.help === help && areSame(last.labels, labels)) return last
    const id = JSON.stringify([name, help, labels])
    let series = this.series.get(id)
    if (series === undefined) this.series.set(id, (series = { name, help, labels }))
    this.last = series
    return series
  }
}

function areSame(some: KeySeries['labels'], others: KeySeries['labels']): boolean {
  return (
    some.length === others.length && some.every(([name, value], i) => name === others[i]![0] && value === others[i]![1])
  )
}

function listOf(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

/** Returns the labels of a key; undefined if they are none. */
function pairsOf(labels: unknown, values: unknown): (readonly [name: string, value: string])[] | undefined {
  if (typeof labels !== 'object' || labels === null) return undefined
  const pairs: readonly (readonly unknown[])[] = Array.isArray(labels)
    ? labels.map((name, i) => [name, (values as unknown[] | undefined)?.[i]])
    : Object.entries(labels)
  return pairs.every(isPair) ? pairs.map(([name, value]) => [name, value.toWellFormed()] as const) : undefined
}

function isPair(pair: readonly unknown[]): pair is readonly [string, string] {
  return typeof pair[0] === 'string' && isLabelName(pair[0]) && typeof pair[1] === 'string'
}
