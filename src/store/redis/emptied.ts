import { monotonicNow } from '../../platform/timers.js'

/** Notices by the ID of the state in Redis that it has come back empty. */
export class Emptied {
  private born = ''
  private noticedAt = -Infinity

  /** @param settle milliseconds in which the living send what they have */
  constructor(private readonly settle: number) {}

  /**
   * @param born the ID of the state at the last flush
   * @returns whether it is another one than before
   */
  follow(born: string): boolean {
    const isOther = this.born !== '' && born !== this.born
    if (isOther) this.noticedAt = monotonicNow()
    this.born = born
    return isOther
  }

  /** Milliseconds until the living have sent what they have, and those that have seen the others have restored the rest. */
  get rest(): number {
    return this.noticedAt + 1.3 * this.settle - monotonicNow()
  }
}
