/**
 * The identity of a series within its family: its label values in the order of the (alphabetical) label names, as JSON.
 * JSON quotes, so different values never collide; an absent label is `null`. The same text stands in the series log.
 */
export type SeriesKey = string

export const unlabelled: SeriesKey = '[]'

export function seriesKey(values: readonly (string | null)[]): SeriesKey {
  return JSON.stringify(values)
}

export function labelValuesOf(key: SeriesKey): readonly (string | null)[] {
  return JSON.parse(key) as (string | null)[]
}

/** Some series of a family: those whose labels have these values, `null` for a label that they lack. Empty: all of them. */
export type LabelFilter = Readonly<Record<string, string | null>>

/** Whether the series of a key is one that the filter names. */
export function matches(labelNames: readonly string[], key: SeriesKey, filter: LabelFilter): boolean {
  const wanted = Object.entries(filter)
  if (wanted.length === 0) return true
  const values = labelValuesOf(key)
  return wanted.every(([name, value]) => {
    const at = labelNames.indexOf(name)
    return at >= 0 && values[at] === value
  })
}

/** The one key that a filter on every label names; undefined where it names several. */
export function exactKey(labelNames: readonly string[], filter: LabelFilter): SeriesKey | undefined {
  return labelNames.every((name) => Object.hasOwn(filter, name))
    ? seriesKey(labelNames.map((name) => filter[name]!))
    : undefined
}

/** The filter that names one series and no other. */
export function exactFilter(labelNames: readonly string[], key: SeriesKey): LabelFilter {
  const values = labelValuesOf(key)
  return Object.fromEntries(labelNames.map((name, i) => [name, values[i]!]))
}
