import { monotonicNow } from '../../platform/timers.js'

/** Detects, by the ID of the state in Redis, that Redis has come back empty. */
export class Emptied {
  private born = ''
  private noticedAt = -Infinity

  /** @param settle milliseconds in which living writers send their ledgers */
  constructor(private readonly settle: number) {}

  /**
   * @param born the ID of the state at the last flush
   * @returns whether the ID has changed
   */
  follow(born: string): boolean {
    const isOther = this.born !== '' && born !== this.born
    if (isOther) this.noticedAt = monotonicNow()
    this.born = born
    return isOther
  }

  /** Milliseconds until living writers have sent their ledgers, and other processes have restored the rest. */
  get rest(): number {
    return this.noticedAt + 1.3 * this.settle - monotonicNow()
  }
}
