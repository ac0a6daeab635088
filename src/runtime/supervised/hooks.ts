import { MetricsError } from '../../model/errors.js'
import { checkHooks } from '../../supervisor/hooks-module.js'
import type { LifecycleHooks, SupervisorView } from '../../supervisor/lifecycle.js'
import type { Supervisor } from '../../supervisor/supervisor.js'
import { isPrimary } from '../../supervisor/worker-process.js'

/** The hooks of an application; `server` is the supervisor, or the result of `observe()`. */
export type Hooks<S extends SupervisorView = Supervisor> = LifecycleHooks<S>

/**
 * Checks that the process is a primary, and the names of its hooks.
 *
 * @throws MetricsError `OPTION_INVALID`
 */
export function checkPrimary(name: string, hooks: object | undefined): void {
  if (!isPrimary()) {
    throw new MetricsError('OPTION_INVALID', `${name}() is for the primary: call it where cluster.isPrimary is true`)
  }
  checkHooks(hooks)
}
