/** A reading from this position on finds no tombstones. */
export const noTombstones = Number.MAX_SAFE_INTEGER

/**
 * The writers that were added to the totals and may come back, with the version and the time of each. They belong to
 * the totals: after these are restored, a writer that comes back must still be recognised.
 */
export class Tombstones {
  /** The position up to which they were read. */
  end = 0
  private readonly byWriter = new Map<string, string>()

  /** Adds the results of a reading, and deletes tombstones that are older than `retention`, in milliseconds. */
  take(tombstones: readonly string[], end: number, now: number, retention: number): void {
    this.end = end
    for (const tomb of tombstones) this.byWriter.set(tomb.slice(0, tomb.indexOf(' ')), tomb)
    // The order is that of insertion.
    for (const [writer, tomb] of this.byWriter) {
      if (now - Number(tomb.slice(tomb.lastIndexOf(' ') + 1)) <= retention) return
      this.byWriter.delete(writer)
    }
  }

  /** Returns the tombstones of all writers without a ledger. */
  without(ledgers: { has(id: string): boolean }): string[] {
    const tombstones: string[] = []
    for (const [writer, tomb] of this.byWriter) if (!ledgers.has(writer)) tombstones.push(tomb)
    return tombstones
  }
}
