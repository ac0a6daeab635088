import { absolutePath } from '../platform/paths.js'
import type { MetricNaming } from './gunicorn/metric-naming.js'
import type { Assignment } from './messages.js'
import type { Settings } from './settings/settings.js'

/**
 * Returns the options that a worker process is started with.
 *
 * @param watchesTime whether the supervisor ends a worker that is blocked
 * @param backend what the supervisor counts in, if the worker must too
 */
export function assignmentOf(
  id: number,
  settings: Settings,
  naming: MetricNaming,
  watchesTime: boolean,
  backend: string | undefined,
): Assignment {
  const { maxRequests, maxRequestsJitter, timeout, gracefulTimeout, register } = settings
  const { report, reportDir, reportEnvironment } = settings
  const jitter = Math.floor(Math.random() * (maxRequestsJitter + 1))
  return {
    supervisor: process.pid,
    worker: id,
    maxRequests: maxRequests === 0 ? 0 : maxRequests + jitter,
    timeout: watchesTime ? timeout : 0,
    report,
    grace: gracefulTimeout * 1000,
    countsRequests: !(register && naming.gunicorn),
    // The application may go to another working directory.
    reportDir: absolutePath(reportDir),
    reportEnvironment,
    naming,
    backend,
  }
}
