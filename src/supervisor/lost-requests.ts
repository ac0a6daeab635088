import type { MetricNaming } from './gunicorn/metric-naming.js'
import type { LostRequests } from './open-requests.js'
import { requestFamilies } from './request-families.js'
import type { RestartReason, WorkerExit } from './worker-process.js'

/** The route of a request whose worker has ended. */
const endpoint = 'unknown'

/** Counts the requests whose worker ended while it answered them. */
export class LostRequestCounts {
  private readonly families

  constructor(naming: MetricNaming) {
    this.families = requestFamilies(naming)
  }

  count(worker: number, lost: readonly LostRequests[], reason: string): void {
    const { requests, durations, failed, errors } = this.families
    const workerLabels = { worker_id: String(worker) }
    for (const { method, count, seconds } of lost) {
      requests.inc(workerLabels, count)
      for (let i = 0; i < count; i++) durations.observe(workerLabels, seconds)
      failed.inc({ ...workerLabels, method, endpoint }, count)
      errors.inc({ ...workerLabels, method, endpoint, error_type: reason }, count)
    }
  }
}

/** Returns why the open requests of a worker failed when it ended. */
export function lossReason(reason: RestartReason | 'stop', { signal }: WorkerExit): string {
  if (reason === 'timeout' || reason === 'oom') return reason
  if (signal === null) return 'exit'
  const endedBySupervisor = reason !== 'signal' && reason !== 'exit' && reason !== 'start_failed'
  return endedBySupervisor && signal === 'SIGKILL' ? 'graceful_timeout' : 'killed'
}
