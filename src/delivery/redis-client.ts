import { MetricsError } from '../model/errors.js'

/** The few words that a forwarder has for a Redis, whichever library speaks them. */
export interface RedisWords {
  /** Keeps a value, for so many seconds where that is said. */
  set(key: string, value: string | Uint8Array, seconds?: number): Promise<unknown>
  /** Keeps a value where the key has none: whether it did. */
  setNew(key: string, value: string, seconds: number): Promise<boolean>
  get(key: string): Promise<string | null>
  /** Whether it is of use to ask now: a client that lost its connection would queue what it is told. */
  ready(): boolean
}

/** A connection for the time of one errand. */
export interface RedisErrand extends RedisWords {
  end(): void
}

/** Where a Redis is, as the environment says it. */
export interface RedisAddress {
  readonly host: string
  readonly port: number
  readonly db: number
  readonly username?: string
  readonly password?: string
  readonly tls: boolean
}

/** The part of `ioredis` (one server, Sentinel or a cluster) that is used. */
interface IoRedis {
  readonly status: string
  set(key: string, value: string | Buffer, ...words: (string | number)[]): Promise<unknown>
  get(key: string): Promise<string | null>
}

/** The part of `redis` (a client, a cluster or Sentinel) that is used. */
interface NodeRedis {
  readonly isOpen?: boolean
  set(key: string, value: string | Buffer, options?: object): Promise<unknown>
  get(key: string): Promise<string | null>
}

/** @throws MetricsError `OPTION_INVALID` for what is no client of either library */
export function wordsOf(client: object): RedisWords {
  if (typeof (client as { evalshaBuffer?: unknown }).evalshaBuffer === 'function') {
    const io = client as IoRedis
    return {
      set: (key, value, seconds) => io.set(key, bytes(value), ...(seconds === undefined ? [] : ['EX', seconds])),
      setNew: async (key, value, seconds) => (await io.set(key, value, 'EX', seconds, 'NX')) === 'OK',
      get: (key) => io.get(key),
      ready: () => !['reconnecting', 'close', 'end'].includes(io.status),
    }
  }
  if (typeof (client as { sendCommand?: unknown }).sendCommand === 'function') {
    const node = client as NodeRedis
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
 * Connects with whichever library is installed. Nothing is tried twice: the next errand is another connection, so that
 * nothing piles up while Redis is away.
 */
export async function connect(
  address: RedisAddress,
  patience: number,
  libraries: readonly ('ioredis' | 'redis')[] = ['ioredis', 'redis'],
): Promise<RedisErrand> {
  for (const library of libraries) {
    const [io, node] = [
      library === 'ioredis' ? await installed(() => import('ioredis')) : undefined,
      library === 'redis' ? await installed(() => import('redis')) : undefined,
    ]
    if (io !== undefined) return connectIoRedis(io, address, patience)
    if (node !== undefined) return connectNodeRedis(node, address, patience)
  }
  throw new Error('neither ioredis nor redis is installed; install one of them, or give a client')
}

async function connectIoRedis(
  { Redis }: Pick<typeof import('ioredis'), 'Redis'>,
  { tls, ...address }: RedisAddress,
  patience: number,
): Promise<RedisErrand> {
  const client = new Redis({
    ...address,
    ...(tls && { tls: {} }),
    lazyConnect: true,
    connectTimeout: patience,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  let why: Error | undefined
  client.on('error', (error: Error) => {
    why = error
  })
  try {
    await client.connect()
  } catch (cause) {
    client.disconnect()
    // "Connection is closed." says less than what closed it.
    throw why ?? cause
  }
  return { ...wordsOf(client), end: () => client.disconnect() }
}

async function connectNodeRedis(
  { createClient }: Pick<typeof import('redis'), 'createClient'>,
  { host, port, db, username, password, tls }: RedisAddress,
  patience: number,
): Promise<RedisErrand> {
  const client = createClient({
    socket: { host, port, connectTimeout: patience, reconnectStrategy: false, ...(tls && { tls: true as const }) },
    database: db,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
  })
  client.on('error', () => {})
  await client.connect()
  return { ...wordsOf(client), end: () => client.destroy() }
}

async function installed<T>(load: () => Promise<T>): Promise<T | undefined> {
  try {
    return await load()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') return undefined
    throw cause
  }
}

function bytes(value: string | Uint8Array): string | Buffer {
  return typeof value === 'string' ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}
