/** Prints rows under a head: the first column to the left, figures to the right. */
export function printTable(head, rows) {
  const lines = [head, ...rows].map((cells) => cells.map(String))
  const widths = head.map((_, i) => Math.max(...lines.map((cells) => cells[i].length)))
  for (const cells of lines) {
    console.log(
      `  ${cells
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join('   ')
        .trimEnd()}`,
    )
  }
}

/** Three significant digits, and never an exponent. */
export function figure(value, unit = '') {
  if (value === undefined || Number.isNaN(value)) return '-'
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
  return `${value.toFixed(digits).replace(/\B(?=(\d{3})+$)/g, ' ')}${unit && ` ${unit}`}`
}

export function times(ratio) {
  return ratio === undefined || Number.isNaN(ratio) ? '-' : `${figure(ratio)} x`
}
