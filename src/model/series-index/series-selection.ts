import { SeriesGroups } from './series-groups.js'

/** A family with fewer series is looked through. */
const few = 64
/** The maximum of sets of label names with an index; a filter on another set passes over all series. */
const mostIndexes = 8

/** The series of a family, as a selection sees them. */
export interface SelectedFrom {
  /** How many series there are. */
  readonly size: number
  numbers(): Iterable<number>
  /** The number of a label value of a series, by the position of the label. */
  valueAt(series: number, label: number): number
}

/**
 * Selects the series of a family by some of their labels. The first filter on a set of labels makes an index for it: from
 * then on a filter costs what it finds, however many series there are.
 */
export class SeriesSelection {
  private readonly indexes = new Map<string, SeriesGroups>()

  constructor(private readonly series: SelectedFrom) {}

  /**
   * @param labels positions of labels, in ascending order
   * @param values numbers of their values
   */
  select(labels: readonly number[], values: readonly number[]): number[] {
    if (labels.length === 0) return [...this.series.numbers()]
    const index = this.indexOf(labels)
    if (index !== undefined) return index.find(values)
    const selected: number[] = []
    for (const series of this.series.numbers())
      if (labels.every((label, i) => this.series.valueAt(series, label) === values[i])) selected.push(series)
    return selected
  }

  add(series: number): void {
    for (const index of this.indexes.values()) index.add(series)
  }

  delete(series: number): void {
    for (const index of this.indexes.values()) index.delete(series)
  }

  private indexOf(labels: readonly number[]): SeriesGroups | undefined {
    const id = labels.join()
    let index = this.indexes.get(id)
    if (index !== undefined || this.series.size < few || this.indexes.size >= mostIndexes) return index
    index = new SeriesGroups(labels, (series, label) => this.series.valueAt(series, label), this.series.size)
    for (const series of this.series.numbers()) index.add(series)
    this.indexes.set(id, index)
    return index
  }
}
