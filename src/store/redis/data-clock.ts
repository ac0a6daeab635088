import { monotonicNow } from '../../platform/timers.js'
import { Overtaken } from './overtaken.js'

/** A replica has answered with less than a reading has seen before. */
export class Outdated extends Overtaken {
  /** @param isBehind whether it is the same state at an earlier time */
  constructor(readonly isBehind: boolean) {
    super()
  }
}

/**
 * The age of what replicas answer, by what they have: their clocks are those of other machines, and they may be behind.
 * What was read once is never followed by something older.
 */
export class DataClock {
  /** When any writer flushed last, in milliseconds of the primary's clock. */
  last = 0
  private born: string | undefined
  private folds = 0
  /** The monotonic time at which `last` was seen first. */
  private seenAt = 0

  /**
   * Takes the state that an answer begins with: its ID, when a writer flushed last, and how many folds there were.
   *
   * @param isPrimary whether the primary has answered, which is right in any case
   * @returns milliseconds of the primary's clock, about
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
