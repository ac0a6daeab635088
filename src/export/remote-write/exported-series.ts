import type { FamilyTable } from '../../model/family.js'
import { labelValuesOf, type SeriesKey } from '../../model/series-key.js'
import type { FamilyMetadata } from './message.js'
import type { FlatLabels, ShapeLabels } from './series-labels.js'

/** The series of a family that an export contains: what a later one compares itself with. */
export interface SentFamily {
  readonly metadata: FamilyMetadata
  /** The labels of the series that a later export does not contain. The next list may be the same array. */
  missingIn(later: SentFamily | undefined): Iterable<FlatLabels>
}

/** The series of one export, by the name of their family. */
export type ExportedSeries = ReadonlyMap<string, SentFamily>

/**
 * The series of a table: one bit for each row. Rows keep their numbers, so comparing two exports takes a look at the bits,
 * and reads the labels only of series that have ended.
 */
export class SentRows implements SentFamily {
  private readonly keys: readonly SeriesKey[]
  private readonly bits: Uint8Array
  private keysSent: ReadonlySet<SeriesKey> | undefined

  constructor(
    readonly metadata: FamilyMetadata,
    { keys }: FamilyTable,
    private readonly shapes: readonly ShapeLabels[],
    private readonly identity: string,
  ) {
    this.keys = keys
    this.bits = new Uint8Array(Math.ceil(keys.length / 8))
  }

  add(row: number): void {
    this.bits[row >> 3]! |= 1 << (row & 7)
  }

  *missingIn(later: SentFamily | undefined): Iterable<FlatLabels> {
    const next = later instanceof SentRows && later.identity === this.identity ? later : undefined
    const names = new Set(next?.shapes.map(({ id }) => id))
    const ended = this.shapes.filter(({ id }) => !names.has(id))
    const labels: string[] = []
    for (const row of this.rows()) {
      const shapes = next?.contains(row, this.keys) ? ended : this.shapes
      if (shapes.length === 0) continue
      const values = labelValuesOf(this.keys[row]!)
      for (const shape of shapes) {
        shape.write(labels, values)
        yield labels
      }
    }
  }

  private contains(row: number, keys: readonly SeriesKey[]): boolean {
    if (keys === this.keys) return this.has(row)
    // The rows have new numbers, which is rare.
    this.keysSent ??= new Set(Array.from(this.rows(), (sent) => this.keys[sent]!))
    return this.keysSent.has(keys[row]!)
  }

  private has(row: number): boolean {
    return (this.bits[row >> 3]! & (1 << (row & 7))) !== 0
  }

  private *rows(): Iterable<number> {
    for (let row = 0; row < this.bits.length * 8; row++) if (this.has(row)) yield row
  }
}

/** The series of a family from a collector, which are few. */
export class SentSamples implements SentFamily {
  private readonly series = new Map<string, FlatLabels>()

  constructor(readonly metadata: FamilyMetadata) {}

  /** Returns false if the family has this series already. */
  add(labels: FlatLabels): boolean {
    const key = JSON.stringify(labels)
    if (this.series.has(key)) return false
    this.series.set(key, labels)
    return true
  }

  *missingIn(later: SentFamily | undefined): Iterable<FlatLabels> {
    const next = later instanceof SentSamples ? later.series : undefined
    for (const [key, labels] of this.series) if (!next?.has(key)) yield labels
  }
}
