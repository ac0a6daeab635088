import { MetricsError } from '../../model/errors.js'

/** Notices a replica that no longer follows its primary: it would show the living as dead, and their counts as they were. */
export class ReplicaLag {
  private late = false

  /** @param deadAfter in milliseconds */
  constructor(
    private readonly deadAfter: number,
    private readonly onError: (error: MetricsError) => void,
  ) {}

  /**
   * Whether the primary is to be read instead. Reported once for each time that the replica falls behind.
   *
   * @param lastFlush when any writer flushed last, as the replica has it; undefined if no replica was read
   * @param answeredAt when the primary acknowledged a flush of this process last, by the same clock
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
