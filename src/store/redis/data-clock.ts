import { monotonicNow } from '../../platform/timers.js'
import { Overtaken } from './overtaken.js'

/** Thrown if a replica answers with older data than a reading has seen before. */
export class Outdated extends Overtaken {
  /** @param isBehind whether the data is an earlier version of the same state */
  constructor(readonly isBehind: boolean) {
    super()
  }
}

/**
 * Determines the age of a replica's answer from its data, because replicas have clocks of other machines and may be
 * behind. Ensures that a reading is never followed by an older one.
 */
export class DataClock {
  /** The time of the last flush of any writer, in milliseconds of the primary's clock. */
  last = 0
  private born: string | undefined
  private folds = 0
  /** The monotonic time at which `last` was seen first. */
  private seenAt = 0

  /**
   * Checks the state at the beginning of an answer: its ID, the time of the last flush, and the number of folds.
   *
   * @param isPrimary whether the primary has answered, whose state is always valid
   * @returns approximate milliseconds of the primary's clock
   * @throws Outdated if the replica is behind, or is in another state than the primary was
   */
  take(born: string, last: number, folds: number, isPrimary: boolean): number {
    const isKnown = this.born === undefined || (born === this.born && last >= this.last && folds >= this.folds)
    if (!isKnown && !isPrimary) throw new Outdated(born === this.born)
    if (this.born !== born || this.last !== last) this.seenAt = monotonicNow()
    this.born = born
    this.last = last
    this.folds = folds
    return last + (monotonicNow() - this.seenAt)
  }
}
