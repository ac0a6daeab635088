import type { FamilyTable } from '../../model/family.js'

/** The rows of a family in the order in which their series began, as the clients show them. */
export function seriesInOrder({ order, created, met }: FamilyTable): Int32Array {
  return Int32Array.from(order).sort((a, b) => created[a]! - created[b]! || (met ? met[a]! - met[b]! : a - b))
}
