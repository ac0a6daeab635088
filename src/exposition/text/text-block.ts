import type { FamilyTable } from '../../model/family.js'
import { formatExemplar } from './exemplar.js'
import { longestNumber, writeNumber } from './number.js'
import type { TextPrefixes } from './text-prefixes.js'

const lineFeed = 10

/**
 * A range of a family's rows as they were last written. From scrape to scrape most values stay or keep their length:
 * then the bytes are passed on without a copy, or copied at once with the new digits in their positions.
 */
export class TextBlock {
  private bytes: Uint8Array = new Uint8Array(0)
  private values: Float64Array
  private fresh: Float64Array
  private readonly presentRows: Uint8Array
  /** Where the digits of each line begin and end in `bytes`. */
  private readonly starts: Int32Array
  private readonly ends: Int32Array
  private written = false
  private hadExemplars = false

  /** @param rows a range of the table's `order` */
  constructor(
    private readonly table: FamilyTable,
    private readonly prefixes: TextPrefixes,
    private readonly rows: Int32Array,
  ) {
    const lines = rows.length * prefixes.samples.shapes.length
    this.values = new Float64Array(lines)
    this.fresh = new Float64Array(lines)
    this.presentRows = new Uint8Array(rows.length)
    this.starts = new Int32Array(lines)
    this.ends = new Int32Array(lines)
  }

  /** The block at this moment; a new array whenever a value changed, because the last one may still be being sent. */
  write(): Uint8Array {
    const changed = this.read()
    const exemplars = this.exemplars()
    // Exemplars change in length and come and go: a block with exemplars is written as a whole.
    if (!this.written || this.hadExemplars || exemplars !== undefined) this.writeAll(exemplars)
    else if (changed > 0) this.patch(changed)
    this.written = true
    this.hadExemplars = exemplars !== undefined
    return this.bytes
  }

  /** Reads the present values; returns how many differ from the written ones. */
  private read(): number {
    const { table, rows, presentRows, prefixes } = this
    const { layout, bases, slots } = table
    const next = this.fresh
    const before = this.values
    prefixes.samples.values(next, table, rows)
    for (let i = 0; i < rows.length; i++) {
      const present = layout.present(slots, bases[rows[i]!]!) ? 1 : 0
      if (present !== presentRows[i]) {
        presentRows[i] = present
        this.written = false
      }
    }
    let changed = 0
    for (let line = 0; line < next.length; line++) {
      if (next[line] !== before[line] && !(Number.isNaN(next[line]) && Number.isNaN(before[line]))) changed++
    }
    this.fresh = before
    this.values = next
    return changed
  }

  /** The text after the values of this block, by line. */
  private exemplars(): ReadonlyMap<number, string> | undefined {
    const { table, rows, prefixes } = this
    const { shapes, exemplars: most } = prefixes.samples
    if (most === 0 || !table.exemplars?.size) return undefined
    const texts = new Map<number, string>()
    rows.forEach((row, i) => {
      for (const [bucket, exemplar] of table.exemplars?.get(row) ?? []) {
        if (bucket < most) texts.set(i * shapes.length + bucket, formatExemplar(exemplar))
      }
    })
    return texts.size > 0 ? texts : undefined
  }

  private writeAll(exemplars?: ReadonlyMap<number, string>): void {
    const { prefixes, rows, presentRows, values, starts, ends } = this
    const { starts: texts } = prefixes
    const lines = prefixes.samples.shapes.length
    let size = 0
    // UTF-8 takes at most three bytes for one unit of a string.
    for (const exemplar of exemplars?.values() ?? []) size += exemplar.length * 3
    for (const row of rows)
      size += texts[row * (lines + 1) + lines]! - texts[row * (lines + 1)]! + lines * (longestNumber + 1)
    const bytes = Buffer.allocUnsafeSlow(size)
    let at = 0
    for (let i = 0; i < rows.length; i++) {
      if (presentRows[i] === 0) continue
      const text = prefixes.pieceAt(rows[i]!)
      const first = rows[i]! * (lines + 1)
      for (let line = 0; line < lines; line++) {
        const end = texts[first + line + 1]!
        for (let from = texts[first + line]!; from < end; from++) bytes[at++] = text[from]!
        starts[i * lines + line] = at
        at = writeNumber(bytes, at, values[i * lines + line]!)
        ends[i * lines + line] = at
        const exemplar = exemplars?.get(i * lines + line)
        if (exemplar !== undefined) at += bytes.write(exemplar, at)
        bytes[at++] = lineFeed
      }
    }
    // Space that was reserved for long numbers is released: blocks exist as long as the family.
    this.bytes = at * 2 > size ? new Uint8Array(bytes.buffer, 0, at) : bytes.slice(0, at)
  }

  private patch(changed: number): void {
    const { presentRows, values, fresh: before, starts, ends, bytes: old } = this
    const lines = this.prefixes.samples.shapes.length
    const bytes = Buffer.allocUnsafeSlow(old.length + changed * longestNumber)
    bytes.set(old)
    let shift = 0
    for (let line = 0; line < values.length; line++) {
      if (lines === 1 ? presentRows[line] === 0 : presentRows[(line / lines) | 0] === 0) continue
      const start = starts[line]! + shift
      const oldEnd = ends[line]!
      let end = oldEnd + shift
      if (values[line] !== before[line]) {
        end = writeNumber(bytes, start, values[line]!)
        if (end !== oldEnd + shift) {
          // Another length: the following text moves.
          bytes.set(old.subarray(oldEnd), end)
          shift = end - oldEnd
        }
      }
      starts[line] = start
      ends[line] = end
    }
    this.bytes = new Uint8Array(bytes.buffer, 0, old.length + shift)
  }
}
