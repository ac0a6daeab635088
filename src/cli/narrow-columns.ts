import { columns } from './columns.js'

/** The minimum number of characters of a name. */
const leastName = 20

/**
 * Formats rows as columns that fit a terminal: in a narrow one, names are shortened, not numbers, and optional columns are
 * omitted.
 *
 * @param rows a name, and further cells; the first row is the heading
 * @param right the columns of numbers
 * @param optional the columns to omit first
 */
export function narrowColumns(
  rows: readonly (readonly string[])[],
  width: number,
  right: readonly number[],
  optional: readonly number[] = [],
): string[] {
  const room = roomForNames(rows, width)
  if (room >= leastName || optional.length === 0) return columns(shortened(rows, Math.max(leastName, room)), right)
  const [omitted, ...others] = optional.toSorted((a, b) => b - a)
  const shift = (column: number): number => (column > omitted! ? column - 1 : column)
  return narrowColumns(
    rows.map((row) => row.toSpliced(omitted!, 1)),
    width,
    right.filter((column) => column !== omitted).map(shift),
    others.map(shift),
  )
}

/** Returns the width that the other columns leave, each with two spaces before it. */
function roomForNames(rows: readonly (readonly string[])[], width: number): number {
  const others = rows[0]!.slice(1).map((_, column) => Math.max(...rows.map((row) => row[column + 1]!.length)) + 2)
  return width - others.reduce((sum, each) => sum + each, 0)
}

/** Shortens names in the middle, because their end, such as the unit, is more useful. */
function shortened(rows: readonly (readonly string[])[], room: number): string[][] {
  return rows.map(([name, ...others]) => {
    if (name!.length <= room) return [name!, ...others]
    const head = Math.floor((room - 1) / 2)
    return [`${name!.slice(0, head)}…${name!.slice(name!.length - (room - 1 - head))}`, ...others]
  })
}
