import { exactKey, type LabelFilter, labelValuesOf, type SeriesKey } from './series-key.js'

/** The last position of a filter and its author, and the last position with another author. */
interface FilterHistory {
  last: number
  author: string | undefined
  byAnother: number
}

/** The filters on one set of labels, by their values. */
interface Group {
  /** Positions of the labels. */
  readonly labels: readonly number[]
  readonly histories: Map<string | null, FilterHistory>
}

/**
 * Many filters on the series of one family, checked together: a series needs one look-up for each set of label names,
 * however many filters there are, and its key is parsed at most once.
 */
export class SeriesFilters {
  private everything: FilterHistory | undefined
  private readonly whole = new Map<SeriesKey, FilterHistory>()
  private readonly groups = new Map<string, Group>()

  constructor(private readonly labelNames: readonly string[]) {}

  /**
   * @param position the position of the filter; positions grow
   * @param author the writer that added it, if that matters to `names`
   */
  add(filter: LabelFilter, position = 1, author?: string): void {
    const names = Object.keys(filter)
    // No series has a value for a label that the family does not have.
    if (names.some((name) => !this.labelNames.includes(name))) return
    const exact = exactKey(this.labelNames, filter)
    if (names.length === 0) this.everything = later(this.everything, position, author)
    else if (exact !== undefined) this.whole.set(exact, later(this.whole.get(exact), position, author))
    else {
      const labels = this.labelNames.flatMap((name, i) => (Object.hasOwn(filter, name) ? [i] : []))
      const { histories } = this.groupOf(labels)
      const values = valuesAt(
        this.labelNames.map((name) => filter[name] ?? null),
        labels,
      )
      histories.set(values, later(histories.get(values), position, author))
    }
  }

  /**
   * Whether a filter names the series of a key.
   *
   * @param after only filters after this position count
   * @param self filters of this author do not count
   */
  names(key: SeriesKey, after = 0, self?: string): boolean {
    if (counts(this.everything, after, self) || counts(this.whole.get(key), after, self)) return true
    if (this.groups.size === 0) return false
    const values = valuesOf(key)
    if (values === undefined) return false
    for (const { labels, histories } of this.groups.values())
      if (counts(histories.get(valuesAt(values, labels)), after, self)) return true
    return false
  }

  private groupOf(labels: readonly number[]): Group {
    const id = labels.join()
    let group = this.groups.get(id)
    if (group === undefined) this.groups.set(id, (group = { labels, histories: new Map() }))
    return group
  }
}

function later(history: FilterHistory | undefined, position: number, author: string | undefined): FilterHistory {
  if (history === undefined) return { last: position, author, byAnother: 0 }
  if (position > history.last) {
    if (author !== history.author) history.byAnother = history.last
    history.last = position
    history.author = author
  } else if (author !== history.author) history.byAnother = Math.max(history.byAnother, position)
  return history
}

function counts(history: FilterHistory | undefined, after: number, self: string | undefined): boolean {
  if (history === undefined) return false
  const bySelf = self !== undefined && history.author === self
  return (bySelf ? history.byAnother : history.last) > after
}

/** Returns one value unchanged; several as a unique text. */
function valuesAt(values: readonly (string | null)[], labels: readonly number[]): string | null {
  return labels.length === 1 ? (values[labels[0]!] ?? null) : JSON.stringify(labels.map((label) => values[label]))
}

/** Returns undefined for a key from a damaged file. */
function valuesOf(key: SeriesKey): readonly (string | null)[] | undefined {
  try {
    return labelValuesOf(key)
  } catch {
    return undefined
  }
}
