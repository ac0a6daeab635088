import type { MetricsError } from '../../model/errors.js'
import { variables } from '../../platform/environment.js'
import { processEnvironment } from '../../platform/process-environment.js'
import { setImmediate } from '../../platform/timers.js'
import { processContext } from '../current-context.js'

/**
 * Starts the target that the environment names, after this turn, so that code of the application may start another one
 * first. A fault is reported, and never reaches the application.
 */
export function startNamedTarget(): void {
  const [ports] = variables.workerPorts
  if (!processEnvironment()[ports]) return
  setImmediate(async () => {
    try {
      // Most processes have no target.
      await (await import('./worker-target.js')).startTargetOfEnvironment()
    } catch (cause) {
      processContext().onError(cause as MetricsError)
    }
  }).unref()
}
