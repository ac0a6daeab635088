import { MetricsError } from '../../model/errors.js'

/** Detects a replica that no longer follows its primary: it would show living writers as dead, with old counts. */
export class ReplicaLag {
  private late = false

  /** @param deadAfter in milliseconds */
  constructor(
    private readonly deadAfter: number,
    private readonly onError: (error: MetricsError) => void,
  ) {}

  /**
   * Whether the primary must be read instead. Reports once each time that the replica falls behind.
   *
   * @param lastFlush the last flush of any writer according to the replica; undefined if no replica was read
   * @param answeredAt when the primary last acknowledged a flush of this process, by the same clock
   */
  isLate(lastFlush: number | undefined, answeredAt: number): boolean {
    const lag = lastFlush === undefined ? 0 : answeredAt - lastFlush
    const late = lag > this.deadAfter / 2
    if (late && !this.late) {
      const text = `the replica of Redis that scrapes read is ${Math.round(lag / 1000)} s behind its primary: the primary is read until it follows again; check the replication, or leave readFrom out`
      this.onError(new MetricsError('READ_FAILED', text))
    }
    this.late = late
    return late
  }
}
