const bars = '▁▂▃▄▅▆▇█'

export function whole(number) {
  return Math.round(number).toLocaleString('en-US')
}

/** A number's course in one line of text, `width` characters long at most. */
export function sparkline(values, width, highest = Math.max(1, ...values)) {
  const shown = Math.min(width, values.length)
  const at = (i) => values[Math.min(values.length - 1, Math.floor(((i + 1) * values.length) / shown) - 1)]
  return Array.from({ length: shown }, (_, i) => bars[Math.min(7, Math.floor((at(i) / highest) * 8))]).join('')
}

/** Rows of text in a frame; the first row is the heading. */
export function framed(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const line = ([left, middle, right]) => left + widths.map((width) => '─'.repeat(width + 2)).join(middle) + right
  const text = (row) => `│ ${row.map((cell, column) => cell.padEnd(widths[column])).join(' │ ')} │`
  return [line('┌┬┐'), text(rows[0]), line('├┼┤'), ...rows.slice(1).map(text), line('└┴┘')].join('\n')
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
