import { writeFileSync } from 'node:fs'
import { endianness } from 'node:os'
import { join } from 'node:path'

/** The layouts of Python's client: since 0.18 a value has a time, before 0.16 a key has no help text. */
export type PythonLayout = 'since 0.18' | '0.16' | '0.5' | '0.3'

/** One value of a file. */
export interface WrittenValue {
  readonly metric: string
  readonly sample?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly help?: string
  readonly value: number
  /** Unix seconds; 0 if it was not set. */
  readonly time?: number
}

const sizes = { 'since 0.18': 65_536, '0.16': 65_536, '0.5': 1_048_576, '0.3': 1_048_576 } as const

/** A file as Python's client writes it, byte by byte. */
export class WrittenFile {
  private readonly entries: Buffer[] = []

  constructor(private readonly layout: PythonLayout = 'since 0.18') {}

  add(...values: readonly WrittenValue[]): this {
    for (const value of values) this.addKey(JSON.stringify(this.keyOf(value)), value.value, value.time)
    return this
  }

  addKey(text: string, value: number, time = 0): this {
    // Python escapes what is not ASCII.
    const escaped = text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    const key = Buffer.from(escaped)
    const padding = 8 - ((key.length + 4) % 8)
    const numbers = this.layout === 'since 0.18' ? [value, time] : [value]
    this.entries.push(
      Buffer.from(Int32Array.of(key.length).buffer),
      key,
      Buffer.alloc(padding, ' '),
      Buffer.from(Float64Array.from(numbers).buffer),
    )
    return this
  }

  addHistogram(metric: string, sum: number, buckets: Readonly<Record<string, number>>, labels = {}): this {
    this.add({ metric, sample: `${metric}_sum`, labels, value: sum })
    for (const [le, value] of Object.entries(buckets)) {
      this.add({ metric, sample: `${metric}_bucket`, labels: { ...labels, le }, value })
    }
    return this
  }

  /** The bytes of the file, with the space that is reserved for more. */
  bytes(): Buffer {
    const entries = Buffer.concat(this.entries)
    const used = 8 + entries.length
    let size: number = sizes[this.layout]
    while (size < used) size *= 2
    const file = Buffer.alloc(size)
    if (endianness() === 'LE') file.writeInt32LE(used)
    else file.writeInt32BE(used)
    entries.copy(file, 8)
    return file
  }

  /** Writes the file; an existing one keeps its inode. */
  write(directory: string, name: string): void {
    writeFileSync(join(directory, name), this.bytes())
  }

  private keyOf({ metric, sample = metric, labels = {}, help = `${metric}.` }: WrittenValue): unknown[] {
    const sorted = Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
    if (this.layout === '0.3') return [metric, sample, Object.keys(labels), Object.values(labels)]
    return this.layout === '0.5' ? [metric, sample, sorted] : [metric, sample, sorted, help]
  }
}
