import { readFile } from 'node:fs/promises'
import type { ConnectionOptions } from 'node:tls'
import type { RedisPlace, RedisTls } from './place.js'

/** The packages that a client can be of, the one that is taken first in front. */
export const libraries = ['ioredis', 'redis'] as const
export type RedisLibrary = (typeof libraries)[number]

/** A client that was made here, and is connected. */
export interface OwnClient {
  readonly client: object
  /** From now on it does not keep the process running. */
  unref(): void
  destroy(): void
}

/**
 * Connects with whichever library is installed. Nothing is tried twice, and nothing is queued: who needs another
 * connection asks for one, so that nothing piles up while Redis is away.
 *
 * @param patience milliseconds until a server that says nothing is given up
 */
export async function openClient(
  place: RedisPlace,
  patience: number,
  among: readonly RedisLibrary[] = libraries,
): Promise<OwnClient> {
  for (const library of among) {
    const [io, node] = [
      library === 'ioredis' ? await installed(() => import('ioredis')) : undefined,
      library === 'redis' ? await installed(() => import('redis')) : undefined,
    ]
    if (io !== undefined) return openIoRedis(io, place, patience)
    if (node !== undefined) return openNodeRedis(node, place, patience)
  }
  throw new Error('neither ioredis nor redis is installed; install one of them, or give a client')
}

async function openIoRedis(
  { Redis }: Pick<typeof import('ioredis'), 'Redis'>,
  { tls, ...place }: RedisPlace,
  patience: number,
): Promise<OwnClient> {
  const options = {
    lazyConnect: true,
    connectTimeout: patience,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    // It would keep the process running for as long, after a connection that is closed already.
    disconnectTimeout: 1,
    ...(tls !== undefined && { tls: await withFiles(tls) }),
  }
  const client = 'url' in place ? new Redis(place.url, options) : new Redis({ ...place, ...options })
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
  return {
    client,
    unref: () => (client as unknown as { stream?: { unref?(): void } }).stream?.unref?.(),
    destroy: () => client.disconnect(),
  }
}

async function openNodeRedis(
  { createClient }: Pick<typeof import('redis'), 'createClient'>,
  place: RedisPlace,
  patience: number,
): Promise<OwnClient> {
  const connecting = { connectTimeout: patience, reconnectStrategy: false as const }
  const { tls } = place
  const secure = tls === undefined ? {} : { ...(await withFiles(tls)), tls: true as const }
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
  await client.connect()
  return { client, unref: () => client.unref(), destroy: () => client.destroy() }
}

async function withFiles({ caFile, certFile, keyFile, ...tls }: RedisTls): Promise<ConnectionOptions> {
  return {
    ...tls,
    ...(caFile !== undefined && { ca: await readFile(caFile) }),
    ...(certFile !== undefined && { cert: await readFile(certFile) }),
    ...(keyFile !== undefined && { key: await readFile(keyFile) }),
  }
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
