import type { FamilyDescriptor } from '../model/descriptor.js'
import type { FamilyTable } from '../model/family.js'
import { labelValuesOf, type SeriesKey, seriesKey } from '../model/series-key.js'

/**
 * Whether two tables are one gauge that shows each process, by the label `worker` for processes with promhive and by `pid`
 * for those with Python's client.
 */
export function differInProcessLabel(a: FamilyTable, b: FamilyTable): boolean {
  const [one, other] = [a.family, b.family]
  if (one.type !== 'gauge' || other.type !== 'gauge') return false
  if (one.mode !== other.mode || one.processLabel === other.processLabel) return false
  return (one.unit ?? '') === (other.unit ?? '') && ownLabels(one).join() === ownLabels(other).join()
}

/** Shows the series of several tables as one family; each series has the label of its own client. */
export function withBothLabels(newest: FamilyTable, tables: readonly FamilyTable[]): FamilyTable {
  const labelNames = [...new Set(tables.flatMap((table) => table.labelNames))].sort()
  const keys: SeriesKey[] = []
  const bases: number[] = []
  const created: number[] = []
  const known = new Set<SeriesKey>()
  for (const table of [newest, ...tables.filter((table) => table !== newest)]) {
    const places = labelNames.map((name) => table.labelNames.indexOf(name))
    for (const row of table.order) {
      const values = labelValuesOf(table.keys[row]!)
      const key = seriesKey(places.map((at) => values[at] ?? null))
      // Where both clients use the pid, a process of one may have had the pid of a process of the other.
      if (known.has(key)) continue
      known.add(key)
      keys.push(key)
      bases.push(table.bases[row]!)
      created.push(table.created[row]!)
    }
  }
  const order = Int32Array.from(keys.keys()).sort((a, b) => (keys[a]! < keys[b]! ? -1 : 1))
  // All tables of one merge have their slots in the same array.
  const added = new Set(tables.flatMap((table) => (table.addedLabels ?? []).map((at) => table.labelNames[at]!)))
  const addedLabels = [...added].map((name) => labelNames.indexOf(name))
  const { family, layout, slots } = newest
  return { family, labelNames, addedLabels, layout, keys, bases, created, order, slots }
}

function ownLabels({ labelNames, processLabel }: FamilyDescriptor<'gauge'>): readonly string[] {
  return labelNames.filter((name) => name !== processLabel)
}
