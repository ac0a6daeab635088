import { inLine } from '../model/terminal-text.js'

/**
 * Formats rows of cells as lines; each column is as wide as its widest cell, and columns of numbers (`right`) are
 * right-aligned.
 */
export function columns(cells: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const rows = cells.map((row) => row.map(inLine))
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row
      .map((cell, column) => (right.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd(),
  )
}
