/** Rows of text under each other; the first row is the heading. Numbers are on the right of their column. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)))
  const numeric = rows[0].map((_, column) => typeof rows.at(-1)[column] === 'number')
  const cell = (value, column) => String(value)[numeric[column] ? 'padStart' : 'padEnd'](widths[column])
  return rows.map((row) => `  ${row.map(cell).join('  ')}`.trimEnd()).join('\n')
}
