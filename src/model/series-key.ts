/**
 * The identity of a series within its family: its label values in the order of the (alphabetical) label names, as JSON.
 * JSON quotes, so different values never collide; an absent label is `null`. The same text is in the series log.
 */
export type SeriesKey = string

export const unlabelled: SeriesKey = '[]'

export function seriesKey(values: readonly (string | null)[]): SeriesKey {
  return JSON.stringify(values)
}

export function labelValuesOf(key: SeriesKey): readonly (string | null)[] {
  return JSON.parse(key) as (string | null)[]
}

/**
 * Returns a key with one more value. At either end, it is added without parsing the key.
 *
 * @param count the number of values in the key
 */
export function withValue(key: SeriesKey, count: number, at: number, value: string | null): SeriesKey {
  const text = JSON.stringify(value)
  if (count === 0) return `[${text}]`
  if (at === count) return `${key.slice(0, -1)},${text}]`
  if (at === 0) return `[${text},${key.slice(1)}`
  return seriesKey(labelValuesOf(key).toSpliced(at, 0, value))
}

/**
 * Returns the number of values in a key; -1 for a text that `seriesKey` does not create, because two spellings of the
 * same values would be two series.
 */
export function keyArity(key: string): number {
  if (key === unlabelled) return 0
  if (key.charCodeAt(0) !== 0x5b /* [ */) return -1
  for (let at = 1, count = 1; ; count++) {
    if (key.charCodeAt(at) === 0x22 /* " */) {
      let end = at + 1
      for (let code = key.charCodeAt(end); code !== 0x22; code = key.charCodeAt(++end)) {
        // Characters that are escaped, or may have to be; they are rare, so the text is parsed.
        if (code === 0x5c /* \\ */ || (code >= 0xd800 && code < 0xe000)) return arityOfParsed(key)
        // Includes the end of the text, whose code is NaN.
        if (!(code >= 0x20)) return -1
      }
      at = end + 1
    } else if (key.startsWith('null', at)) at += 4
    else return -1
    const next = key.charCodeAt(at++)
    if (next === 0x5d /* ] */) return at === key.length ? count : -1
    if (next !== 0x2c /* , */) return -1
  }
}

function arityOfParsed(key: string): number {
  try {
    const values: unknown = JSON.parse(key)
    // A lone surrogate is shown as U+FFFD, so two series could have one name.
    const isValue = (value: unknown): boolean => value === null || (typeof value === 'string' && value.isWellFormed())
    if (!Array.isArray(values) || !values.every(isValue)) return -1
    return JSON.stringify(values) === key ? values.length : -1
  } catch {
    return -1
  }
}

/** Reads an external filter; returns undefined for an invalid one. */
export function labelFilterFrom(value: unknown): LabelFilter | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const filter = value as Record<string, unknown>
  for (const name in filter) if (filter[name] !== null && typeof filter[name] !== 'string') return undefined
  return filter as LabelFilter
}

/** Names the series of a family whose labels have these values; `null` for a label that they lack. Empty: all series. */
export type LabelFilter = Readonly<Record<string, string | null>>

/** Whether the filter names the series of a key. */
export function matches(labelNames: readonly string[], key: SeriesKey, filter: LabelFilter): boolean {
  const filterEntries = Object.entries(filter)
  if (filterEntries.length === 0) return true
  const values = labelValuesOf(key)
  return filterEntries.every(([name, value]) => {
    const at = labelNames.indexOf(name)
    return at >= 0 && values[at] === value
  })
}

/** Returns the key that a filter on every label names; undefined if it names several. */
export function exactKey(labelNames: readonly string[], filter: LabelFilter): SeriesKey | undefined {
  return labelNames.every((name) => Object.hasOwn(filter, name))
    ? seriesKey(labelNames.map((name) => filter[name]!))
    : undefined
}

/** Returns the filter that names exactly one series. */
export function exactFilter(labelNames: readonly string[], key: SeriesKey): LabelFilter {
  const values = labelValuesOf(key)
  return Object.fromEntries(labelNames.map((name, i) => [name, values[i]!]))
}
