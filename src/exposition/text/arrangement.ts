import type { FamilyTable } from '../../model/family.js'

/** The order of a text format that does not sort by name and by label values: families in their given order. */
export interface Arrangement {
  /** The text between two families. */
  readonly between: string
  /** An exposition without families. */
  readonly empty: string
  /** The rows of a table in the order to write them: another array whenever that changed, or the labels of a row. */
  rows(table: FamilyTable): Int32Array
  /** The labels of a row in the order to write them, after the one that the type itself writes. */
  labels(table: FamilyTable, row: number): readonly (readonly [name: string, value: string])[]
  /** A number that changes when a written row has other labels. */
  version(table: FamilyTable): number
  /** Whether default labels are written before a series' own. */
  defaultsFirst(table: FamilyTable): boolean
}
