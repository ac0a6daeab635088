import { SeriesGroups } from './series-groups.js'

/** In a family with fewer series, all of them are checked. */
const minIndexedSeries = 64
/** The maximum number of sets of label names with an index; a filter on another set checks all series. */
const mostIndexes = 8
/** The number of filters after which an index is complete: each one checks all series, and adds its part of them. */
const parts = 16
/** The minimum number of series that a filter adds to an index. */
const leastPart = 1024

/** The series of a family, as a selection uses them. */
export interface SelectedFrom {
  /** The number of series. */
  readonly size: number
  /** The highest number of a series. */
  readonly last: number
  /** Whether a series has this number. */
  exists(series: number): boolean
  numbers(): Iterable<number>
  /** Returns the series with these label values; checks all of them. */
  matching(labels: readonly number[], values: readonly number[]): number[]
  /** Returns the number of a label value of a series, by the position of the label. */
  valueAt(series: number, label: number): number
}

/** An index of the series with numbers up to `upTo`; of all series once it is complete. */
interface GrowingIndex {
  readonly groups: SeriesGroups
  upTo: number
}

/**
 * Selects the series of a family by some of their labels. The first filters on a set of labels build an index for it,
 * each of them a part, so that no call is slow. After that, the cost of a filter depends only on its results, however
 * many series there are.
 */
export class SeriesSelection {
  private readonly indexes = new Map<string, GrowingIndex>()

  constructor(private readonly series: SelectedFrom) {}

  /**
   * @param labels positions of labels, in ascending order
   * @param values numbers of their values
   */
  select(labels: readonly number[], values: readonly number[]): number[] {
    if (labels.length === 0) return [...this.series.numbers()]
    const index = this.indexOf(labels)
    if (index?.upTo === Number.POSITIVE_INFINITY) return index.groups.find(values)
    if (index !== undefined) this.extend(index)
    return this.series.matching(labels, values)
  }

  add(series: number): void {
    for (const { groups, upTo } of this.indexes.values()) if (series <= upTo) groups.add(series)
  }

  delete(series: number): void {
    for (const { groups, upTo } of this.indexes.values()) if (series <= upTo) groups.delete(series)
  }

  /** Adds the next part of the series to an index. */
  private extend(index: GrowingIndex): void {
    const { series } = this
    const end = Math.min(series.last, index.upTo + Math.max(leastPart, Math.ceil(series.last / parts)))
    while (index.upTo < end) if (series.exists(++index.upTo)) index.groups.add(index.upTo)
    if (end === series.last) index.upTo = Number.POSITIVE_INFINITY
  }

  private indexOf(labels: readonly number[]): GrowingIndex | undefined {
    const id = labels.join()
    let index = this.indexes.get(id)
    if (index !== undefined || this.series.size < minIndexedSeries || this.indexes.size >= mostIndexes) return index
    const groups = new SeriesGroups(labels, (series, label) => this.series.valueAt(series, label), this.series.size)
    index = { groups, upTo: 0 }
    this.indexes.set(id, index)
    return index
  }
}
