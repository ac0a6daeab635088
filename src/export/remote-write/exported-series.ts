import type { FamilyTable } from '../../model/family.js'
import { labelValuesOf, type SeriesKey } from '../../model/series-key.js'
import type { FamilyMetadata } from './message.js'
import type { FlatLabels, ShapeLabels } from './series-labels.js'

/** The series of a family that an export contains: a later export compares itself with them. */
export interface SentFamily {
  readonly metadata: FamilyMetadata
  /**
   * Returns the labels of the series that a later export does not contain, in steps: a step may have none. The next step
   * may use the same array.
   */
  missingIn(later: SentFamily | undefined): Iterable<FlatLabels | undefined>
}

/** The series of one export, by the name of their family. */
export type ExportedSeries = ReadonlyMap<string, SentFamily>

/** Rows of one step. */
const rowsPerStep = 1024

/**
 * The series of a table: one bit for each row. Rows keep their numbers, so two exports are compared by their bits, and
 * the labels are read only of series that have ended.
 */
export class SentRows implements SentFamily {
  private readonly keys: readonly SeriesKey[]
  private readonly bits: Uint8Array

  /** @param identity differs from that of a table whose series have other names, such as after a change of labels */
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

  *missingIn(later: SentFamily | undefined): Iterable<FlatLabels | undefined> {
    const next = later instanceof SentRows && later.identity === this.identity ? later : undefined
    const shapeIds = new Set(next?.shapes.map(({ id }) => id))
    const endedShapes = this.shapes.filter(({ id }) => !shapeIds.has(id))
    const isSent = next === undefined ? () => false : yield* next.lookUp(this.keys)
    const labels: string[] = []
    for (const row of this.rows()) {
      if (row === undefined) {
        yield undefined
        continue
      }
      const shapes = isSent(row) ? endedShapes : this.shapes
      if (shapes.length === 0) continue
      const values = labelValuesOf(this.keys[row]!)
      for (const shape of shapes) {
        shape.write(labels, values)
        yield labels
      }
    }
  }

  /** Returns what finds out whether this export has the series of a row in other keys. */
  private *lookUp(keys: readonly SeriesKey[]): Generator<undefined, (row: number) => boolean> {
    if (keys === this.keys) return (row) => this.has(row)
    // The rows have new numbers, which is rare.
    const sent = new Set<SeriesKey>()
    for (const row of this.rows()) {
      if (row === undefined) yield undefined
      else sent.add(this.keys[row]!)
    }
    return (row) => sent.has(keys[row]!)
  }

  private has(row: number): boolean {
    return (this.bits[row >> 3]! & (1 << (row & 7))) !== 0
  }

  /** The rows of the export, and undefined after each step. */
  private *rows(): Iterable<number | undefined> {
    for (let row = 0; row < this.bits.length * 8; row++) {
      if (this.has(row)) yield row
      if (row % rowsPerStep === rowsPerStep - 1) yield undefined
    }
  }
}

/** The series of a family that is given sample by sample, which are few. */
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
