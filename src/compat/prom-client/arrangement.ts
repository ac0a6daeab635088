import type { Arrangement } from '../../exposition/text/arrangement.js'
import type { FamilyTable } from '../../model/family.js'
import { labelsVersion, rowLabels } from './series-labels.js'
import { seriesInOrder } from './series-order.js'

/** The rows of a table that were put in order, by the array that they were put in order from. */
const ordered = new WeakMap<Int32Array, Int32Array>()

/**
 * The order of what the client writes: families as they were registered, series as they began, labels as they were passed.
 *
 * @param empty an exposition without families
 */
export function arrangement(between: string, empty: string): Arrangement {
  return {
    between,
    empty,
    rows(table: FamilyTable) {
      let rows = ordered.get(table.order)
      if (rows === undefined) ordered.set(table.order, (rows = seriesInOrder(table)))
      return rows
    },
    labels: (table, row) => Object.entries(rowLabels(table, row)).map(([name, value]) => [name, String(value)]),
    version: ({ family }) => labelsVersion(family),
    defaultsFirst: ({ family }) => family.type === 'histogram',
  }
}
