import { absolutePath } from '../platform/paths.js'
import type { MetricNaming } from './gunicorn/metric-naming.js'
import type { Assignment } from './messages.js'
import type { Settings } from './settings/settings.js'

/**
 * Returns the options for starting a worker process.
 *
 * @param watchesTime whether the supervisor kills a blocked worker
 * @param backend the backend of the supervisor, if the worker must use it too
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
    // The application may change its working directory.
    reportDir: absolutePath(reportDir),
    reportEnvironment,
    naming,
    backend,
  }
}
