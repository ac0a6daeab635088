import { withTimeout } from '../../platform/time-limit.js'
import type { Connection, Reply } from './script.js'

/** How calls are made. */
export interface AskOptions {
  readonly connection: Connection
  /** Timeout of one call, in milliseconds. */
  readonly patience: number
}

/** Runs a script, and rejects after the timeout; a later answer is ignored. */
export function ask({ connection, patience }: AskOptions, ...call: Parameters<Connection['run']>): Promise<Reply> {
  return withTimeout(connection.run(...call), patience)
}
