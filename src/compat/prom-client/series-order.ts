import type { FamilyTable } from '../../model/family.js'

/** The rows of a family in the order in which their series began, as the clients show them. */
export function seriesInOrder({ order, created }: FamilyTable): Int32Array {
  // Rows are numbered as the series were met, so that those of one moment stay in that order.
  return Int32Array.from(order).sort((a, b) => created[a]! - created[b]! || a - b)
}
