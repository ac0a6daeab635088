import { type FamilyTable, ownKey } from '../model/family.js'
import { grown } from '../model/series-index/hash-chains.js'
import { exactFilter, type LabelFilter, type SeriesKey } from '../model/series-key.js'
import type { Pause } from '../store/contract.js'

/** The observed state of a table's rows, in columns. */
class Sightings {
  /** At which scrape a row was last shown. */
  private scrapes: Int32Array = new Int32Array(16)
  private sums: Float64Array = new Float64Array(16)
  /** When the sum last changed. */
  private since: Float64Array = new Float64Array(16)

  /** How long the row has not changed, in seconds. */
  stillFor(row: number, sum: number, scrape: number, now: number): number {
    if (row >= this.sums.length) {
      this.scrapes = grown(this.scrapes, row + 1)
      this.sums = grown(this.sums, row + 1)
      this.since = grown(this.since, row + 1)
    }
    const same = this.scrapes[row] === scrape - 1 && Object.is(this.sums[row], sum)
    this.scrapes[row] = scrape
    this.sums[row] = sum
    if (!same) this.since[row] = now
    return now - this.since[row]!
  }
}

/**
 * Finds the series of a family that no process has counted in for a while. It compares merged values, so that a series
 * stays as long as one process counts in it; and it runs when a scrape is answered, because only scrapes show series.
 */
export class Expiry {
  private readonly seen = new WeakMap<FamilyTable, { readonly rows: Sightings; scrape: number }>()

  /**
   * The series of a table that have not changed for longer than `seconds`.
   *
   * @param now seconds of a monotonic clock
   */
  async idle(table: FamilyTable, seconds: number, now: number, pause: Pause): Promise<LabelFilter[]> {
    let seen = this.seen.get(table)
    if (seen === undefined) this.seen.set(table, (seen = { rows: new Sightings(), scrape: 1 }))
    seen.scrape++
    const idle = new Idle(table)
    for (const [i, row] of table.order.entries()) {
      idle.add(row, seen.rows.stillFor(row, fingerprint(table, row), seen.scrape, now) >= seconds)
      if ((i & 255) === 255 && pause.due()) await pause.rest()
    }
    return idle.filters()
  }
}

/** The idle series of a table. If each writer has its own row, a series is idle when all of its rows are. */
class Idle {
  private readonly rows: LabelFilter[] = []
  private readonly series = new Map<SeriesKey, { readonly filter: LabelFilter; idle: boolean }>()
  private readonly perWriter: boolean

  constructor(private readonly table: FamilyTable) {
    this.perWriter = (table.addedLabels ?? []).length > 0
  }

  add(row: number, idle: boolean): void {
    if (!this.perWriter && !idle) return
    const { family } = this.table
    const key = ownKey(this.table, row)
    const filter = exactFilter(family.labelNames, key)
    if (!this.perWriter) this.rows.push(filter)
    else {
      const known = this.series.get(key)
      if (known === undefined) this.series.set(key, { filter, idle })
      else known.idle &&= idle
    }
  }

  filters(): LabelFilter[] {
    const series = [...this.series.values()].filter(({ idle }) => idle)
    return [...this.rows, ...series.map(({ filter }) => filter)]
  }
}

/** A number that changes when a counted slot of the series does; collisions are very unlikely. */
function fingerprint({ slots, bases, layout }: FamilyTable, row: number): number {
  const base = bases[row]!
  let sum = 0
  const counted = layout.agesFrom ?? layout.mergedWidth
  for (let i = 0; i < counted; i++) sum += slots[base + i]! * (i + 1)
  return sum
}
