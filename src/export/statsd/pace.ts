import { monotonicNow, setTimeout } from '../../platform/timers.js'

/** Datagrams that the buffer of a server's socket takes, with Linux's default of 208 KiB. */
const buffered = 64

/**
 * Limits how fast datagrams are sent. Over UDP, the system of the server drops what its socket has no space for, and
 * nothing reports that. After the first datagrams, one is sent in a millisecond: a server that is busy for a moment still
 * receives all of them.
 */
export class Pace {
  private readonly perMillisecond: number
  private allowed = buffered
  private last = monotonicNow()

  /**
   * @param datagrams about how many are sent
   * @param within milliseconds in which all must be sent, however fast that is
   */
  constructor(datagrams: number, within: number) {
    this.perMillisecond = Math.max(1, datagrams / within)
  }

  /** Waits until the next datagram may be sent. */
  async next(): Promise<void> {
    this.refill()
    while (this.allowed < 1) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      this.refill()
    }
    this.allowed--
  }

  private refill(): void {
    const now = monotonicNow()
    this.allowed = Math.min(buffered, this.allowed + (now - this.last) * this.perMillisecond)
    this.last = now
  }
}
