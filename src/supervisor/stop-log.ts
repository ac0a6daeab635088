import type { Logger } from '../model/logger.js'
import { monotonicNow } from '../platform/timers.js'
import { secondsSince, secondsText, workersOf } from './log-texts.js'
import type { WorkerExit } from './worker-process.js'

/** Logs how an application stops: why, how long it takes, and how its workers end. */
export class StopLog {
  private since: number | undefined
  private ended = 0
  private killed = 0

  constructor(private readonly logger: Logger) {}

  begin(workers: number, reason: string | undefined): void {
    this.since = monotonicNow()
    const why = reason === undefined ? '' : ` (${reason})`
    this.logger.info(`stopping${why}: ${workersOf(workers)}`, { event: 'stopping', workers, reason })
  }

  /** Notes the end of a worker. @returns whether the application is being stopped */
  note({ signal }: WorkerExit): boolean {
    if (this.since === undefined) return false
    this.ended++
    if (signal === 'SIGKILL') this.killed++
    return true
  }

  /** Logs that the grace period is over. */
  hurry(reason: string | undefined): void {
    if (this.since === undefined) return
    const why = reason === undefined ? '' : ` (${reason} again)`
    this.logger.warn(`killing every worker${why}`, { event: 'killing', reason })
  }

  /** @param requests the number of requests answered in the whole run; undefined if it is unknown */
  finish(requests: number | undefined, code: number): void {
    const { ended: workers, killed } = this
    const seconds = secondsSince(this.since ?? 0)
    const counts = [
      workersOf(workers),
      ...(killed > 0 ? [`${killed} of them killed`] : []),
      ...(requests === undefined ? [] : [`${requests} ${requests === 1 ? 'request' : 'requests'} answered`]),
    ]
    const facts = { event: 'stopped', seconds, workers, killed, requests, code }
    this.logger.info(`stopped after ${secondsText(seconds)}: ${counts.join(', ')}`, facts)
  }
}
