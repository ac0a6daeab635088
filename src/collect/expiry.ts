import type { FamilyTable } from '../model/family.js'
import { exactFilter, type LabelFilter } from '../model/series-key.js'

interface Seen {
  readonly sum: number
  readonly since: number
}

/**
 * Finds the series of a family that nobody has counted in for a while. It looks at the merged values, so that a series
 * that one process still counts in stays, whatever the others do; and it looks when a scrape is answered, for a series
 * that nobody scrapes bothers nobody.
 */
export class Expiry {
  private readonly seen = new Map<FamilyTable, Map<number, Seen>>()

  /** The series of a table that have stood still for longer than `seconds`. */
  idle(table: FamilyTable, seconds: number, now: number): LabelFilter[] {
    const before = this.seen.get(table)
    const after = new Map<number, Seen>()
    const idle: LabelFilter[] = []
    for (const row of table.order) {
      const sum = fingerprint(table, row)
      const last = before?.get(row)
      const since = last !== undefined && Object.is(last.sum, sum) ? last.since : now
      if (now - since < seconds) after.set(row, { sum, since })
      else idle.push(exactFilter(table.labelNames, table.keys[row]!))
    }
    this.seen.set(table, after)
    return idle
  }

  /** Forgets the tables that are no more. */
  keep(tables: readonly FamilyTable[]): void {
    const present = new Set(tables)
    for (const table of this.seen.keys()) if (!present.has(table)) this.seen.delete(table)
  }
}

/** A number that changes when any slot of the series does, but for the rarest of chances. */
function fingerprint({ slots, bases, layout }: FamilyTable, row: number): number {
  const base = bases[row]!
  let sum = 0
  for (let i = 0; i < layout.mergedWidth; i++) sum += slots[base + i]! * (i + 1)
  return sum
}
