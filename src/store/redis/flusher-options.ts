import type { MetricsError } from '../../model/errors.js'
import type { Keys } from './keys.js'
import type { ScriptConnection } from './script.js'

export interface FlusherOptions {
  readonly keys: Keys
  readonly connection: ScriptConnection
  /** Milliseconds. */
  readonly deadAfter: number
  /** Milliseconds. */
  readonly expire: number
  /** Timeout of a call, in milliseconds. */
  readonly timeout: number
  readonly writer: string
  /**
   * The minimum time in milliseconds for which Redis remembers the writers that were added to the totals. The default
   * is that of the script.
   */
  readonly retention?: number
  /** Called when removals of other writers could not be carried out: once, until they succeed. */
  readonly onError?: ((error: MetricsError) => void) | undefined
}

/** The answer to a flush. */
export interface Flushing {
  /** The number of dead writers that this process must fold; 0 while another process does. */
  readonly dead: number
  /** Whether this process must renew the expiry of the service's keys; one process does so at intervals. */
  readonly keep: boolean
}
