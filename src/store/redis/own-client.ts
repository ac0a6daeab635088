import { MetricsError } from '../../model/errors.js'
import { evaluating, runOn } from './clients.js'
import { within } from './flusher.js'
import type { Connection, Reply } from './script.js'

/** Milliseconds until a connection that gives no answer is given up. */
const patience = 4_000

/** A client that was made here: connected, and not keeping the process running. */
interface OwnClient {
  readonly client: object
  destroy(): void
}

/**
 * A way to Redis over a client of our own, of whichever library is installed. A client that fails is let go of, and the
 * next question makes another: so nothing is queued in it, and nothing keeps the process running while Redis is down.
 */
export function overUrl(url: string): Connection {
  let opened: Promise<OwnClient> | undefined
  const letGo = async (which: Promise<OwnClient>): Promise<void> => {
    if (opened === which) opened = undefined
    await which.then(({ destroy }) => destroy()).catch(() => {})
  }
  return {
    async run(script, keys, args): Promise<Reply> {
      opened ??= open(url)
      const own = opened
      try {
        const { client } = await own
        return await within(runOn(evaluating(client)!, script, keys, args), patience)
      } catch (cause) {
        // What Redis says of a script is no fault of the connection.
        if (!isAnswer(cause)) void letGo(own)
        throw cause
      }
    },
    async close() {
      if (opened !== undefined) await letGo(opened)
    },
  }
}

async function open(url: string): Promise<OwnClient> {
  const io = await installed(() => import('ioredis'))
  if (io !== undefined) return openIoRedis(io, url)
  const node = await installed(() => import('redis'))
  if (node !== undefined) return openNodeRedis(node, url)
  const text = 'redis: neither ioredis nor redis is installed; install one of them, or give a client'
  throw new MetricsError('OPTION_INVALID', text)
}

async function openIoRedis({ Redis }: Pick<typeof import('ioredis'), 'Redis'>, url: string): Promise<OwnClient> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: patience,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    // It would keep the process running for as long, after a connection that is closed already.
    disconnectTimeout: 1,
  })
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (cause) {
    client.disconnect()
    throw cause
  }
  ;(client as unknown as { stream?: { unref?(): void } }).stream?.unref?.()
  return { client, destroy: () => client.disconnect() }
}

async function openNodeRedis(
  { createClient }: Pick<typeof import('redis'), 'createClient'>,
  url: string,
): Promise<OwnClient> {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: patience, reconnectStrategy: false },
  })
  client.on('error', () => {})
  await client.connect()
  client.unref()
  return { client, destroy: () => client.destroy() }
}

async function installed<T>(load: () => Promise<T>): Promise<T | undefined> {
  try {
    return await load()
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ERR_MODULE_NOT_FOUND') return undefined
    if ((cause as { code?: string }).code === 'MODULE_NOT_FOUND') return undefined
    throw cause
  }
}

/** Redis answered, with an error: `NOSCRIPT …`, `OOM …`, `NOPERM …`. */
function isAnswer(cause: unknown): boolean {
  return (
    cause instanceof Error &&
    /^[A-Z]{3,}\b/.test(cause.message) &&
    !/^(?:READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|ECONN)/.test(cause.message)
  )
}
