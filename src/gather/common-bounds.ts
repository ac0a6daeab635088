import type { FamilyDescriptor } from '../model/descriptor.js'
import type { FamilyTable } from '../model/family.js'
import { layoutOf } from '../model/layout/layout-of.js'
import type { SeriesKey } from '../model/series-key.js'

type HistogramTable = FamilyTable & { readonly family: FamilyDescriptor<'histogram'> }

/**
 * Whether two tables are one histogram that differs only in its buckets, as during a rolling deployment that changes
 * them.
 */
export function differInBounds(a: FamilyTable, b: FamilyTable): boolean {
  if (a.family.type !== 'histogram' || b.family.type !== 'histogram') return false
  return a.labelNames.join() === b.labelNames.join() && (a.family.unit ?? '') === (b.family.unit ?? '')
}

/**
 * Merges the tables into one with their common bounds. The cumulative counts at these bounds, the sum and the count are
 * exact, so no counter decreases; the counts in between are unknown.
 */
export function withCommonBounds(newest: FamilyTable, tables: readonly FamilyTable[]): FamilyTable {
  const histograms = tables as readonly HistogramTable[]
  const bounds = histograms[0]!.family.bounds.filter((bound) =>
    histograms.every(({ family }) => family.bounds.includes(bound)),
  )
  const family = { ...(newest as HistogramTable).family, bounds }
  const layout = layoutOf(family)
  const rows = new Map<SeriesKey, number>()
  const created: number[] = []
  for (const table of histograms) {
    for (const row of table.order) {
      const key = table.keys[row]!
      const at = rows.get(key) ?? rows.size
      rows.set(key, at)
      created[at] = Math.min(created[at] ?? Number.POSITIVE_INFINITY, table.created[row]!)
    }
  }
  const slots = new Float64Array(rows.size * layout.mergedWidth)
  for (const table of histograms) {
    for (const row of table.order)
      addRow(slots, rows.get(table.keys[row]!)! * layout.mergedWidth, bounds, table, table.bases[row]!)
  }
  const keys = [...rows.keys()]
  const order = Int32Array.from(keys.keys()).sort((a, b) => (keys[a]! < keys[b]! ? -1 : 1))
  const bases = keys.map((_, row) => row * layout.mergedWidth)
  const { labelNames, addedLabels = [] } = newest
  return { family, labelNames, addedLabels, layout, keys, bases, created, order, slots }
}

/** Adds one series: each of its buckets goes to the first common bound that is not below its own. */
function addRow(
  into: Float64Array,
  at: number,
  bounds: readonly number[],
  { family, slots }: HistogramTable,
  base: number,
): void {
  into[at]! += slots[base]!
  for (let i = 0; i <= family.bounds.length; i++) {
    const bound = family.bounds[i] ?? Number.POSITIVE_INFINITY
    const found = bounds.findIndex((common) => bound <= common)
    into[at + 1 + (found < 0 ? bounds.length : found)]! += slots[base + 1 + i]!
  }
}
