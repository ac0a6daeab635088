import { grown } from '../model/series-index/hash-chains.js'

/**
 * Finds the rows whose series was removed and began again within one merge. Each writer reports its part of a removal by
 * itself, so a row may never be without writers. It began again when all that had it before the merge have removed it.
 */
export class RowRenewals {
  /** By row, the merge of its last event. */
  private merges: Int32Array = new Int32Array(16)
  /** The writer of that event. */
  private writers: Int32Array = new Int32Array(16)
  /** How many of the writers that had the row before the merge still have it. */
  private remaining: Int32Array = new Int32Array(16)
  /** When the first of the series that were opened in the merge was created. */
  private earliest: Float64Array = new Float64Array(16)
  private readonly numbers = new Map<string, number>()

  /** @param current has the number of the present merge */
  constructor(private readonly current: { readonly merge: number }) {}

  /** @param before the number of writers that had the row until this event */
  opened(row: number, writer: string, created: number, before: number): void {
    this.note(row, before)
    this.writers[row] = this.numberOf(writer)
    // Without writers, the row begins with this one.
    if (before === 0 || created < this.earliest[row]!) this.earliest[row] = created
  }

  /** @param before the number of writers that had the row until this event */
  removed(row: number, writer: string, before: number): void {
    this.note(row, before)
    const number = this.numberOf(writer)
    // Events of a writer follow each other. If the first is a removal, the writer had the row before.
    if (this.writers[row] !== number) this.remaining[row]!--
    this.writers[row] = number
  }

  /** When the row began again, if it did in this merge. Call it after an event of the row. */
  renewed(row: number): number | undefined {
    const earliest = this.earliest[row]!
    return this.remaining[row] === 0 && earliest < Number.POSITIVE_INFINITY ? earliest : undefined
  }

  private note(row: number, before: number): void {
    if (row >= this.merges.length) {
      this.merges = grown(this.merges, row + 1)
      this.writers = grown(this.writers, row + 1)
      this.remaining = grown(this.remaining, row + 1)
      this.earliest = grown(this.earliest, row + 1)
    }
    const { merge } = this.current
    if (this.merges[row] === merge) return
    this.merges[row] = merge
    this.writers[row] = 0
    this.remaining[row] = before
    this.earliest[row] = Number.POSITIVE_INFINITY
  }

  private numberOf(writer: string): number {
    let number = this.numbers.get(writer)
    if (number === undefined) this.numbers.set(writer, (number = this.numbers.size + 1))
    return number
  }
}
