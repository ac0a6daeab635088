import { exactKey, type LabelFilter, labelValuesOf, type SeriesKey } from '../../model/series-key.js'

/** The maximum number of sets of label names with an index; a filter on another set checks all series. */
const mostIndexes = 8

interface Index {
  /** Positions of the labels. */
  readonly labels: readonly number[]
  readonly keys: Map<string, Set<SeriesKey>>
}

/**
 * The keys of a family's series by some of their labels, with an index for each set of label names that a filter uses.
 */
export class KeyIndex {
  private readonly indexes = new Map<string, Index>()

  constructor(
    private readonly labelNames: readonly string[],
    private readonly series: { keys(): Iterable<SeriesKey>; has(key: SeriesKey): boolean },
  ) {}

  /** Returns the series that a filter names. */
  select(filter: LabelFilter): SeriesKey[] {
    const names = Object.keys(filter)
    if (names.length === 0) return [...this.series.keys()]
    if (names.some((name) => !this.labelNames.includes(name))) return []
    const exact = exactKey(this.labelNames, filter)
    if (exact !== undefined) return this.series.has(exact) ? [exact] : []
    const labels = this.labelNames.flatMap((name, i) => (Object.hasOwn(filter, name) ? [i] : []))
    const values = JSON.stringify(labels.map((label) => filter[this.labelNames[label]!]))
    const index = this.indexOf(labels)
    if (index !== undefined) return [...(index.keys.get(values) ?? [])]
    return [...this.series.keys()].filter((key) => valuesAt(labelValuesOf(key), labels) === values)
  }

  add(key: SeriesKey): void {
    if (this.indexes.size === 0) return
    const values = labelValuesOf(key)
    for (const index of this.indexes.values()) enter(index, key, values)
  }

  delete(key: SeriesKey): void {
    if (this.indexes.size === 0) return
    const values = labelValuesOf(key)
    for (const { labels, keys } of this.indexes.values()) {
      const id = valuesAt(values, labels)
      const same = keys.get(id)
      same?.delete(key)
      if (same?.size === 0) keys.delete(id)
    }
  }

  private indexOf(labels: readonly number[]): Index | undefined {
    const id = labels.join()
    let index = this.indexes.get(id)
    if (index !== undefined || this.indexes.size >= mostIndexes) return index
    index = { labels, keys: new Map() }
    for (const key of this.series.keys()) enter(index, key, labelValuesOf(key))
    this.indexes.set(id, index)
    return index
  }
}

function enter({ labels, keys }: Index, key: SeriesKey, values: readonly (string | null)[]): void {
  const id = valuesAt(values, labels)
  const same = keys.get(id)
  if (same === undefined) keys.set(id, new Set([key]))
  else same.add(key)
}

function valuesAt(values: readonly (string | null)[], labels: readonly number[]): string {
  return JSON.stringify(labels.map((label) => values[label]))
}
