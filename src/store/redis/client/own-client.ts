import type { Socket } from 'node:net'
import { requireOptional } from '../../../platform/optional-package.js'
import { withTimeout } from '../../../platform/time-limit.js'
import type { RedisLocation } from './redis-address.js'
import { openSocket, refusalOf, type SocketOptions, tlsOptionsOf } from './socket.js'

/** The supported client packages, in order of preference. */
export const libraries = ['ioredis', 'redis'] as const
export type RedisLibrary = (typeof libraries)[number]

/** A client that promhive created, connected to one server. It does not keep the process running. */
export interface OwnClient {
  readonly client: object
  /** Sends one command; texts in the answer are strings. */
  call(...words: string[]): Promise<unknown>
  destroy(): void
}

/** A client that is connecting: `ready` rejects with the error of the server or the system. */
interface Opening {
  readonly client: OwnClient
  readonly ready: Promise<unknown>
}

/**
 * Connects with the library that is installed. Nothing is retried or queued, so nothing accumulates while Redis is
 * unavailable; the caller opens another connection when it needs one. A connection that fails or takes too long is
 * destroyed.
 *
 * @param limit milliseconds for connecting, TLS and the first commands together
 * @param signal destroys the connection, during connecting or later
 */
export async function openClient(
  place: RedisLocation,
  limit: number,
  among: readonly RedisLibrary[] = libraries,
  signal?: AbortSignal,
): Promise<OwnClient> {
  for (const library of among) {
    const [io, node] = [
      library === 'ioredis' ? installed<typeof import('ioredis')>('ioredis') : undefined,
      library === 'redis' ? installed<typeof import('redis')>('redis') : undefined,
    ]
    if (io !== undefined) return opened(await startIoRedis(io, place), place, limit, signal)
    if (node !== undefined) return opened(await startNodeRedis(node, place), place, limit, signal)
  }
  throw new Error('neither ioredis nor redis is installed; install one of them, or give a client')
}

async function opened(
  { client, ready }: Opening,
  place: RedisLocation,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<OwnClient> {
  const givenUp = new Promise<never>((_, reject) => {
    const giveUp = (): void => {
      client.destroy()
      reject(new Error('the connection was closed'))
    }
    if (signal?.aborted) giveUp()
    else signal?.addEventListener('abort', giveUp, { once: true })
  })
  givenUp.catch(() => {})
  ready.catch(() => {})
  try {
    await withTimeout(Promise.race([ready, givenUp]), limit)
    return client
  } catch (cause) {
    client.destroy()
    if (signal?.aborted || !isReset(cause)) throw cause
    const refusal = await refusalOf(place, Math.min(limit, 1_000)).catch(() => undefined)
    throw refusal === undefined ? cause : new Error(refusal, { cause })
  }
}

/** Whether the server closed a connection; it may have sent a reason. */
function isReset(cause: unknown): boolean {
  const { code, message } = cause as NodeJS.ErrnoException
  return code === 'EPIPE' || code === 'ECONNRESET' || /closed|EPIPE|ECONNRESET/.test(message)
}

async function startIoRedis(
  { Redis }: Pick<typeof import('ioredis'), 'Redis'>,
  place: RedisLocation,
): Promise<Opening> {
  const tls = await tlsOptionsOf(place)
  const options = {
    lazyConnect: true,
    connectTimeout: 0,
    enableOfflineQueue: false,
    // The first command gets the same answer, for example LOADING.
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    Connector: IoConnector as never,
    ...(tls !== undefined && { tls }),
  }
  const { tls: _, ...locationOptions } = place as { tls?: unknown }
  const client = 'url' in place ? new Redis(place.url, options) : new Redis({ ...locationOptions, ...options })
  let why: Error | undefined
  client.on('error', (error: Error) => {
    why ??= error
  })
  const connect = async (): Promise<void> => {
    try {
      await client.connect()
    } catch (cause) {
      // The cause is more useful than "Connection is closed."
      throw why ?? cause
    }
    // The library ignores a database that cannot be selected.
    if (why !== undefined) throw why
  }
  return {
    client: { client, call: (word, ...words) => client.call(word!, ...words), destroy: () => client.disconnect() },
    ready: connect(),
  }
}

/** Opens the socket of an ioredis client: unref'ed from the start, and destroyed without delay. */
class IoConnector {
  firstError: Error | undefined
  private connecting = false
  private stream: Socket | undefined

  constructor(private readonly options: SocketOptions) {}

  check(): boolean {
    return true
  }

  async connect(): Promise<Socket> {
    this.connecting = true
    await undefined
    if (!this.connecting) throw new Error('Connection is closed.')
    const { host, port, path, family, tls } = this.options
    const stream = openSocket({ ...(path ? { path } : { host, port, family: family ?? 0 }), tls })
    this.stream = stream
    stream.once('error', (error) => {
      this.firstError = error
    })
    return stream
  }

  disconnect(): void {
    this.connecting = false
    this.stream?.destroy()
  }
}

async function startNodeRedis(
  { createClient }: Pick<typeof import('redis'), 'createClient'>,
  place: RedisLocation,
): Promise<Opening> {
  const giveUp = new AbortController()
  // The limit of the library is disabled, because it does not apply to a server that is silent after connecting.
  const connecting = { connectTimeout: 0, reconnectStrategy: false as const, signal: giveUp.signal }
  const tls = await tlsOptionsOf(place)
  const secure = tls === undefined ? {} : { ...tls, tls: true as const }
  const client = createClient({
    disableOfflineQueue: true,
    ...('url' in place
      ? { url: place.url, socket: { ...connecting, ...secure } }
      : {
          socket:
            'path' in place
              ? { path: place.path, ...connecting }
              : { host: place.host, port: place.port, ...connecting, ...secure },
          database: place.db,
          ...(place.username !== undefined && { username: place.username }),
          ...(place.password !== undefined && { password: place.password }),
        }),
  })
  client.on('error', () => {})
  client.unref()
  return {
    client: {
      client,
      call: (...words) => client.sendCommand(words),
      destroy() {
        client.destroy()
        // The library forgets a socket that is still connecting.
        giveUp.abort()
      },
    },
    ready: client.connect(),
  }
}

function installed<T>(library: RedisLibrary): T | undefined {
  try {
    return requireOptional<T>(library)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined
    throw cause
  }
}
