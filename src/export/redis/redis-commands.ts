import { MetricsError } from '../../model/errors.js'
import type { RedisConnections } from '../../store/redis/client/connections.js'

/** The commands that a forwarder needs, over either library. */
export interface RedisCommands {
  /** Sets a value, with an expiry in seconds if given. */
  set(key: string, value: string | Uint8Array, seconds?: number): Promise<unknown>
  /** Sets a value if the key has none; resolves to whether it did. */
  setNew(key: string, value: string, seconds: number): Promise<boolean>
  get(key: string): Promise<string | null>
  /** Whether a command can be sent now: a client that lost its connection would queue it. */
  ready(): boolean
}

/** A connection for the time of one forward. */
export interface RedisSession extends RedisCommands {
  end(): void
}

/** The methods of `ioredis` (one server, Sentinel or a cluster) that promhive uses. */
interface IoRedisCommands {
  readonly status: string
  set(key: string, value: string | Buffer, ...words: (string | number)[]): Promise<unknown>
  get(key: string): Promise<string | null>
}

/** The methods of `redis` (a client, a cluster or Sentinel) that promhive uses. */
interface NodeRedisCommands {
  readonly isOpen?: boolean
  set(key: string, value: string | Buffer, options?: object): Promise<unknown>
  get(key: string): Promise<string | null>
}

/** @throws MetricsError `OPTION_INVALID` if it is not a client of either library */
export function wordsOf(client: object): RedisCommands {
  if (typeof (client as { evalshaBuffer?: unknown }).evalshaBuffer === 'function') {
    const io = client as IoRedisCommands
    return {
      set: (key, value, seconds) => io.set(key, bytes(value), ...(seconds === undefined ? [] : ['EX', seconds])),
      setNew: async (key, value, seconds) => (await io.set(key, value, 'EX', seconds, 'NX')) === 'OK',
      get: (key) => io.get(key),
      ready: () => !['reconnecting', 'close', 'end'].includes(io.status),
    }
  }
  if (typeof (client as { sendCommand?: unknown }).sendCommand === 'function') {
    const node = client as NodeRedisCommands
    const lasting = (seconds: number): object => ({ expiration: { type: 'EX', value: seconds } })
    return {
      set: (key, value, seconds) => node.set(key, bytes(value), ...(seconds === undefined ? [] : [lasting(seconds)])),
      setNew: async (key, value, seconds) =>
        (await node.set(key, value, { ...lasting(seconds), condition: 'NX' })) === 'OK',
      get: (key) => node.get(key),
      ready: () => node.isOpen !== false,
    }
  }
  const text = 'startRedisForwarder: client must be one of the packages redis (5 or 6) or ioredis'
  throw new MetricsError('OPTION_INVALID', text)
}

/**
 * Returns commands that connect at the first call, with the library that is installed, to the server that has the key.
 */
export function wordsOver(connections: RedisConnections): RedisSession {
  const on = <T>(key: string, say: (words: RedisCommands) => Promise<T>): Promise<T> =>
    connections.run(key, (client) => say(wordsOf(client)))
  return {
    set: (key, value, seconds) => on(key, (words) => words.set(key, value, seconds)),
    setNew: (key, value, seconds) => on(key, (words) => words.setNew(key, value, seconds)),
    get: (key) => on(key, (words) => words.get(key)),
    ready: () => true,
    end: () => void connections.close(),
  }
}

function bytes(value: string | Uint8Array): string | Buffer {
  return typeof value === 'string' ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}
