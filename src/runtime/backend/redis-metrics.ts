import { MetricsError } from '../../model/errors.js'
import type { Lease } from '../../model/lease.js'
import { describe } from '../../model/metric-name.js'
import { loadBinding } from '../../platform/addon.js'
import { absolutePath } from '../../platform/paths.js'
import { processEnvironment } from '../../platform/process-environment.js'
import type { Backend, BackendContext } from '../../store/contract.js'
import { MemoryStore } from '../../store/memory/memory-backend.js'
import { AwaitedBackend } from '../../store/redis/awaited-backend.js'
import { checkTls } from '../../store/redis/client/redis-address.js'
import { readRedisUrl } from '../../store/redis/client/redis-url.js'
import { overClient } from '../../store/redis/clients.js'
import { withEnvironment } from '../../store/redis/environment-options.js'
import { HostBackend } from '../../store/redis/host-backend.js'
import type { HostPlace } from '../../store/redis/host-place.js'
import { Keys } from '../../store/redis/keys.js'
import {
  checkRedisOptions,
  type RedisBackendSettings,
  type RedisOptions,
  settingsOf,
} from '../../store/redis/options.js'
import { overUrl } from '../../store/redis/own-connection.js'
import { RedisBackend } from '../../store/redis/redis-backend.js'
import type { ScriptConnection } from '../../store/redis/script.js'
import { sentinelPlace } from '../../store/redis/sentinel-options.js'
import { identityOf } from '../../store/redis/service-identity.js'
import { TaskLease } from '../../store/redis/task-lease.js'
import { Leadership } from '../../store/shared/leadership.js'
import { SharedBackend } from '../../store/shared/shared-backend.js'
import { processContext } from '../current-context.js'
import { directoryFromEnvironment, directoryFromParent, isOfOneRun } from '../directory/application-directory.js'

/** A backend on Redis, for `configure({ backend })`. */
export interface RedisMetrics extends Backend {
  /**
   * Sends the counts so far; resolves to whether Redis has them. Never rejects: an error is reported to `onError`, and
   * the counts are sent later.
   */
  flush(): Promise<boolean>
  /**
   * Sends the last counts, and closes the writer. Await it before the process ends, while your client is still
   * connected.
   */
  close(): Promise<void>
}

/**
 * Creates a backend with which processes on any number of hosts count together in Redis (or Valkey): one server, a
 * cluster, or behind Sentinel. Counting is arithmetic in memory; changes are sent every second.
 *
 * @param options the address, as a `url` or a `client` of your own; see docs/redis.md for the other options
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
  return new AwaitedBackend(...backendOf(options))
}

/**
 * `redis()` as a class, with the name and the options of pytheus.
 *
 * @throws MetricsError `OPTION_INVALID`
 * @example loadBackend(MultiProcessRedisBackend, { host: '127.0.0.1', port: 6379, key_prefix: 'shop' })
 */
export class MultiProcessRedisBackend extends AwaitedBackend implements RedisMetrics {
  constructor(options: RedisOptions = {}) {
    super(...backendOf(options))
  }
}

function backendOf(inCode: RedisOptions): ConstructorParameters<typeof AwaitedBackend> {
  const ignored = (text: string): void => processContext().log.warn('VARIABLE_IGNORED', text)
  const mergedOptions =
    typeof inCode === 'object' && inCode ? withEnvironment(inCode, processEnvironment(), ignored) : inCode
  const options = checkRedisOptions(mergedOptions)
  const settings = settingsOf(options)
  const { client, url = 'redis://127.0.0.1:6379' } = options
  const { connectTimeout: connect, commandTimeout: command } = settings
  if (client !== undefined) checkTls('redis', options.tls, undefined)
  const sentinels = client === undefined ? sentinelPlace(mergedOptions) : undefined
  const address = client === undefined && sentinels === undefined ? readRedisUrl('redis', url, options.tls) : undefined
  const connection =
    client === undefined ? overUrl((sentinels ?? address)!, { connect, command }) : overClient(client, command)
  const identity = identityOf(sentinels === undefined ? address : mergedOptions.name, settings)
  const replica = replicaOf(options, settings)
  const ofLease = { connection, timeout: connect + command }
  const lease = (task: string): Lease => new TaskLease(task, new Keys(settings.keyPrefix), ofLease)
  if (options.perHost !== true) return [new RedisBackend(settings, connection, replica), lease, identity]
  const directory = options.dir ?? directoryFromEnvironment() ?? directoryFromParent()
  if (typeof directory !== 'string' || directory === '') {
    const text =
      'redis: perHost needs the directory that the processes of this host share: give dir, or set PROMHIVE_DIR'
    throw new MetricsError('OPTION_INVALID', text)
  }
  const place = absolutePath(directory)
  const backend = new HostBackend(settings, connection, (context) => placeIn(place, context), replica)
  return [backend, lease, identity, place]
}

/** Returns the connection for scrapes, if they do not read from the primary. */
function replicaOf({ readFrom, tls }: RedisOptions, settings: RedisBackendSettings): ScriptConnection | undefined {
  const { connectTimeout: connect, commandTimeout: command } = settings
  if (readFrom === undefined) return undefined
  if (typeof readFrom === 'object' && readFrom !== null) return overClient(readFrom, command, 'readFrom', true)
  if (typeof readFrom === 'string')
    return overUrl(readRedisUrl('redis: readFrom', readFrom, tls), { connect, command }, undefined, true)
  const text = `redis: readFrom is a URL or a client, got ${describe(readFrom)}`
  throw new MetricsError('OPTION_INVALID', text)
}

/** Creates a shared directory as the place of one host. */
function placeIn(directory: string, { onError, onRemoved }: BackendContext): HostPlace {
  const overflow = (seat: number): MemoryStore => new MemoryStore(seat)
  const backend = new SharedBackend({ directory, onError, onRemoved, overflow, keep: isOfOneRun(directory) })
  const leadership = new Leadership(directory, loadBinding().binding)
  return {
    backend,
    runId: () => backend.runId,
    leads: () => leadership.held(),
    note: () => leadership.note(),
    leaveNote: (text) => leadership.leaveNote(text),
    leave: () => leadership.leave(),
  }
}
