import type { FamilyTable } from '../model/family.js'
import type { LabelSet } from '../model/label-set.js'
import { labelValuesOf } from '../model/series-key.js'
import { escapeLabelValue } from './escape.js'
import type { FamilySamples } from './samples.js'

const encoder = new TextEncoder()

/** What stands in front of each value of a family, `name{labels} `, as bytes: made once per row. */
export class TextPrefixes {
  /** All of it, line by line, in the order of the rows. */
  bytes: Uint8Array = new Uint8Array(1024)
  /** Where each line's text begins in `bytes`, and behind the last one where it ends. */
  starts: Uint32Array = new Uint32Array(64)
  private rows = 0
  private end = 0
  private readonly defaultLabels: readonly [name: string, value: string][]

  constructor(
    private readonly table: FamilyTable,
    readonly samples: FamilySamples,
    defaultLabels: LabelSet,
  ) {
    // What the type itself writes is written once.
    const own = new Set(samples.shapes.map(({ label }) => label?.[0]))
    this.defaultLabels = Object.entries(defaultLabels).filter(([name]) => !own.has(name))
  }

  /** Adds up to `count` rows that came since; true when there are no more. */
  follow(count: number): boolean {
    const until = Math.min(this.rows + count, this.table.keys.length)
    for (; this.rows < until; this.rows++) this.addRow(this.rows)
    return until === this.table.keys.length
  }

  private addRow(row: number): void {
    const { shapes } = this.samples
    const labels = this.labelsOf(row)
    for (const [i, { name, label }] of shapes.entries()) {
      const own = label === undefined ? '' : `${label[0]}="${escapeLabelValue(label[1])}"`
      const all = labels === '' ? own : own === '' ? labels : `${labels},${own}`
      this.addLine(`${name}${all === '' ? '' : `{${all}}`} `, row * shapes.length + i)
    }
  }

  private labelsOf(row: number): string {
    const { labelNames, keys } = this.table
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

  private addLine(text: string, line: number): void {
    // UTF-8 takes three bytes at the most for what is one unit of a string.
    const longest = this.end + text.length * 3
    if (longest > this.bytes.length) {
      const wider = new Uint8Array(Math.max(this.bytes.length * 2, longest))
      wider.set(this.bytes)
      this.bytes = wider
    }
    if (line + 2 > this.starts.length) {
      const wider = new Uint32Array(this.starts.length * 2)
      wider.set(this.starts)
      this.starts = wider
    }
    this.starts[line] = this.end
    this.end += encoder.encodeInto(text, this.bytes.subarray(this.end)).written
    this.starts[line + 1] = this.end
  }
}
