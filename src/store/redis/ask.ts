import { withTimeout } from '../../platform/time-limit.js'
import type { Reply, ScriptConnection } from './script.js'

/** How scripts are run. */
export interface AskOptions {
  readonly connection: ScriptConnection
  /** Timeout of one call, in milliseconds. */
  readonly timeout: number
}

/** Runs a script, and rejects after the timeout; a later answer is ignored. */
export function ask({ connection, timeout }: AskOptions, ...call: Parameters<ScriptConnection['run']>): Promise<Reply> {
  return withTimeout(connection.run(...call), timeout)
}
