import type { MetricsError } from '../../model/errors.js'
import type { Count } from './counted-connection.js'
import type { Flushed } from './flusher.js'
import type { RedisBackendSettings } from './options.js'
import type { ScriptConnection } from './script.js'

export interface ServiceOptions {
  readonly settings: RedisBackendSettings
  readonly connection: ScriptConnection
  /** The connection for scrapes, if they do not read from primaries. */
  readonly replica?: ScriptConnection | undefined
  readonly writer: string
  readonly flushed: Flushed
  /** Whether its flushes carry removals to its own shard. */
  readonly carriesRemovals?: boolean
  readonly onError: (error: MetricsError) => void
  /** Called when Redis accepts counts again after a failure. */
  readonly onRecovered?: (text: string) => void
  /** Whether the counts of a dead writer stay under its seat. */
  readonly keepsSeats?: () => boolean
  /** Counts what this process sends. */
  readonly count: Count
  /**
   * Called at every interval instead of flushing, if this process flushes for others whose numbers continue without it.
   */
  readonly tick?: () => Promise<unknown>
}
