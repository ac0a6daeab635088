import type { FamilyTable } from '../../model/family.js'
import type { LabelSet } from '../../model/label-set.js'
import { labelValuesOf } from '../../model/series-key.js'
import type { Arrangement } from './arrangement.js'
import { escapeLabelValue } from './escape.js'
import type { FamilySamples } from './samples.js'

const encoder = new TextEncoder()

/** Bytes that are allocated at a time. */
const largestPiece = 256 * 1024

/** The text before each value of a family, `name{labels} `, as bytes: built once per row. */
export class TextPrefixes {
  /** Where each line's text begins in the piece of its row, and, after the last one of the row, where it ends. */
  starts: Uint32Array = new Uint32Array(64)
  /** The text of all rows, in pieces, so that nothing large is ever copied. */
  private readonly pieces: Uint8Array[] = [new Uint8Array(1024)]
  private pieceOf: Uint32Array = new Uint32Array(16)
  private rows = 0
  private end = 0
  private readonly defaultLabels: readonly [name: string, value: string][]

  constructor(
    private readonly table: FamilyTable,
    readonly samples: FamilySamples,
    defaultLabels: LabelSet,
    private readonly arrangement?: Arrangement,
  ) {
    // The labels of the type itself are written once.
    const typeLabels = new Set(samples.shapes.map(({ label }) => label?.[0]))
    this.defaultLabels = Object.entries(defaultLabels).filter(([name]) => !typeLabels.has(name))
  }

  /** The piece that contains a row's text. */
  pieceAt(row: number): Uint8Array {
    return this.pieces[this.pieceOf[row]!]!
  }

  /** Adds up to `count` new rows; returns true when all are added. */
  follow(count: number): boolean {
    const until = Math.min(this.rows + count, this.table.keys.length)
    for (; this.rows < until; this.rows++) this.addRow(this.rows)
    return until === this.table.keys.length
  }

  private addRow(row: number): void {
    const { shapes } = this.samples
    const labels = this.labelsOf(row)
    const first = row * (shapes.length + 1)
    this.reach(first + shapes.length + 1, row + 1)
    let text = ''
    for (const [i, { name, label }] of shapes.entries()) {
      const typeLabel = label === undefined ? '' : `${label[0]}="${escapeLabelValue(label[1])}"`
      const all = this.arrangement === undefined ? joined(labels, typeLabel) : joined(typeLabel, labels)
      this.starts[first + i] = text.length
      text += `${name}${all === '' ? '' : `{${all}}`} `
    }
    this.starts[first + shapes.length] = text.length
    this.put(text, row, first)
  }

  private labelsOf(row: number): string {
    const { table, arrangement } = this
    if (arrangement !== undefined)
      return this.arranged(arrangement.labels(table, row), arrangement.defaultsFirst(table))
    const { labelNames, keys } = table
    const values = labelValuesOf(keys[row]!)
    let text = ''
    for (let i = 0; i < labelNames.length; i++) {
      const value = values[i]
      if (value !== null && value !== undefined) text += `${text && ','}${labelNames[i]}="${escapeLabelValue(value)}"`
    }
    for (const [name, value] of this.defaultLabels) {
      const at = labelNames.indexOf(name)
      if (at < 0 || values[at] === null) text += `${text && ','}${name}="${escapeLabelValue(value)}"`
    }
    return text
  }

  private arranged(labels: readonly (readonly [name: string, value: string])[], defaultsFirst: boolean): string {
    const labelNames = new Set(labels.map(([name]) => name))
    const missing = this.defaultLabels.filter(([name]) => !labelNames.has(name))
    const all = defaultsFirst ? [...missing, ...labels] : [...labels, ...missing]
    return all.map(([name, value]) => `${name}="${escapeLabelValue(value)}"`).join(',')
  }

  /** Puts a row's text into the last piece, or a new one, and records its position in `starts`. */
  private put(text: string, row: number, first: number): void {
    // UTF-8 takes at most three bytes for one unit of a string.
    const most = text.length * 3
    let piece = this.pieces.at(-1)!
    if (this.end + most > piece.length) {
      piece = new Uint8Array(Math.max(most, Math.min(piece.length * 2, largestPiece)))
      this.pieces.push(piece)
      this.end = 0
    }
    this.pieceOf[row] = this.pieces.length - 1
    const { starts, end } = this
    const { written } = encoder.encodeInto(text, piece.subarray(end))
    const last = first + this.samples.shapes.length
    // Characters of several bytes shift the text after them.
    const wide = written > text.length
    for (let i = last; i >= first; i--) {
      starts[i] = end + (wide ? Buffer.byteLength(text.slice(0, starts[i])) : starts[i]!)
    }
    this.end = end + written
  }

  private reach(lines: number, rows: number): void {
    this.starts = withRoom(this.starts, lines)
    this.pieceOf = withRoom(this.pieceOf, rows)
  }
}

function joined(first: string, second: string): string {
  return first === '' ? second : second === '' ? first : `${first},${second}`
}

function withRoom(array: Uint32Array, length: number): Uint32Array {
  if (length <= array.length) return array
  const wider = new Uint32Array(Math.max(length, array.length * 2))
  wider.set(array)
  return wider
}
