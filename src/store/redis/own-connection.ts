import { type OwnClient, openClient } from '../../redis-client/own-client.js'
import type { RedisPlace } from '../../redis-client/place.js'
import { withTimeout } from '../../runtime/time-limit.js'
import { evaluating, runOn } from './clients.js'
import type { Connection, Reply } from './script.js'

/** Milliseconds until a connection that gives no answer is given up. */
const patience = 4_000

/**
 * A way to Redis over a client of our own, of whichever library is installed. A client that fails is let go of, and the
 * next question makes another: so nothing is queued in it, and nothing keeps the process running while Redis is down.
 */
export function overUrl(place: RedisPlace): Connection {
  let opened: Promise<OwnClient> | undefined
  const letGo = async (which: Promise<OwnClient>): Promise<void> => {
    if (opened === which) opened = undefined
    await which.then(({ destroy }) => destroy()).catch(() => {})
  }
  const open = async (): Promise<OwnClient> => {
    const own = await openClient(place, patience)
    own.unref()
    return own
  }
  return {
    async run(script, keys, args): Promise<Reply> {
      opened ??= open()
      const own = opened
      let connected = false
      try {
        const { client } = await own
        connected = true
        return await withTimeout(runOn(evaluating(client)!, script, keys, args), patience)
      } catch (cause) {
        // What Redis says of a script is no fault of the connection.
        if (!connected || !isAnswer(cause)) void letGo(own)
        throw cause
      }
    },
    async close() {
      if (opened !== undefined) await letGo(opened)
    },
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
