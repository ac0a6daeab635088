import type { AmountsRead, SentAmounts } from './sent-amounts.js'

/** Exports from one check to the next. */
const interval = 30

/** Forgets the amounts of series that no longer exist: those that are absent at two checks. */
export class AbsentSeries {
  private exports = 0
  private absent = new Set<string>()

  constructor(private readonly amounts: SentAmounts) {}

  /** Called at each export. */
  isDue(): boolean {
    return ++this.exports % interval === 0
  }

  /** @param present the numbers of the series that exist */
  forget(read: AmountsRead, present: ReadonlySet<number>): void {
    const before = this.absent
    this.absent = new Set()
    const forgotten: string[] = []
    for (const [series, number] of read.entries()) {
      if (present.has(number)) continue
      if (before.has(series)) forgotten.push(series)
      else this.absent.add(series)
    }
    if (forgotten.length > 0) this.amounts.forget(forgotten)
  }
}
