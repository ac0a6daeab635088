import type { Pause } from '../../model/pause.js'
import type { AmountsRead, SentAmounts } from '../sent-amounts.js'

/** Exports from one check to the next. */
const interval = 30

/** Series that are forgotten without a pause. */
const atOnce = 64

/** Forgets the amounts of series that no longer exist: those that are absent at two checks. */
export class AbsentSeries {
  private exports = 0
  private absent: ReadonlySet<string> = new Set()
  private forgotten: string[] = []

  constructor(private readonly amounts: SentAmounts) {}

  /** Called at each export. */
  isDue(): boolean {
    return ++this.exports % interval === 0
  }

  /** @param present the numbers of the series that exist */
  check(read: AmountsRead, present: ReadonlySet<number>): void {
    const absent = new Set<string>()
    for (const [series, number] of read.entries()) {
      if (present.has(number)) continue
      if (this.absent.has(series)) this.forgotten.push(series)
      else absent.add(series)
    }
    this.absent = absent
  }

  /** Forgets what the last check has found. */
  async forget(pause: Pause): Promise<void> {
    const { forgotten } = this
    this.forgotten = []
    for (let from = 0; from < forgotten.length; from += atOnce) {
      this.amounts.forget(forgotten.slice(from, from + atOnce))
      if (pause.due()) await pause.rest()
    }
  }
}
