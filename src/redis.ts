import type { Backend } from './store/backend.js'
import { overClient } from './store/redis/clients.js'
import type { RedisOptions } from './store/redis/options.js'
import { overUrl } from './store/redis/own-client.js'
import { RedisBackend } from './store/redis/redis-backend.js'

export type { RedisOptions } from './store/redis/options.js'

/** A backend on Redis: what `configure({ backend })` takes. */
export interface RedisMetrics extends Backend {
  /**
   * Sends what was counted so far; gives whether Redis has it. Never rejects: what could not be sent is sent later, and
   * told to `onError`.
   */
  flush(): Promise<boolean>
  /** Sends what was counted and says goodbye. Await it before the process ends, while your client is still connected. */
  close(): Promise<void>
}

/**
 * Processes of any number of hosts count together in Redis (or Valkey): one server, a cluster, or behind Sentinel.
 * Counting is arithmetic in memory; what changed is sent every second.
 *
 * @param options where Redis is, as a `url` or a `client` of your own; see docs/redis.md for the others
 * @throws MetricsError `OPTION_INVALID`
 * @example
 * const backend = redis({ url: 'redis://127.0.0.1:6379', keyPrefix: 'shop' })
 * configure({ backend })
 * process.once('SIGTERM', async () => {
 *   await backend.close()
 *   process.exit()
 * })
 */
export function redis(options: RedisOptions = {}): RedisMetrics {
  return new RedisBackend(options, ({ client, url = 'redis://127.0.0.1:6379' }) =>
    client === undefined ? overUrl(url) : overClient(client),
  )
}
