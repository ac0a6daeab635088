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
  /** Milliseconds until a question is asked again. */
  readonly timeout: number
  readonly writer: string
  /** Milliseconds that Redis knows, at least, which writers were added to the totals; as the script has it by default. */
  readonly retention?: number
  /** Called when removals of others could not be carried out: once, until they are. */
  readonly onError?: ((error: MetricsError) => void) | undefined
}

/** What Redis answers to a flush. */
export interface Flushing {
  /** How many dead writers this one is to fold: 0 while another process does. */
  readonly dead: number
  /** Whether this process is to keep the keys of the service from expiring: one is, now and then. */
  readonly keep: boolean
}
