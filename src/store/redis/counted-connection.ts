import type { BackendContext } from '../contract.js'
import { flush } from './flush-script.js'
import type { Reply, ScriptConnection } from './script.js'

export type Count = NonNullable<BackendContext['count']>

/** Wraps a connection to count its bytes, its flushes, and the changes that are sent again unchanged. */
export function countedConnection(connection: ScriptConnection, count: Count): ScriptConnection {
  let last = ''
  return {
    async run(script, keys, args) {
      let bytes = 0
      for (const word of keys) bytes += word.length
      for (const word of args) bytes += word.length
      count({ name: 'promhive_redis_sent_bytes_total', help: 'Bytes that promhive sent to Redis.' }, bytes)
      if (script === flush && args[3] !== '?') {
        // A change is identified by its writer and the version that it leads to.
        const change = `${args[0]} ${args[2]}`
        const help = 'Changes that were sent again: no answer had come.'
        if (change === last) count({ name: 'promhive_redis_retries_total', help }, 1)
        last = change
      }
      const flushed = (value: 'ok' | 'failed'): void => {
        if (script === flush && !(isLast(args) && value === 'ok')) countFlush(count, value)
      }
      try {
        const reply = await connection.run(script, keys, args)
        const help = 'Bytes that promhive received from Redis.'
        count({ name: 'promhive_redis_received_bytes_total', help }, sizeOf(reply))
        flushed('ok')
        return reply
      } catch (cause) {
        flushed('failed')
        throw cause
      }
    },
    close: () => connection.close(),
  }
}

/**
 * Counts a flush. The last flush of a process is counted before it is sent, because no later flush can carry its count.
 */
export function countFlush(count: Count, value: 'ok' | 'failed'): void {
  const help = 'Flushes, by whether Redis acknowledged them.'
  count({ name: 'promhive_redis_flushes_total', help, label: 'result', value }, 1)
}

/** Whether a flush is the last one of its writer. */
function isLast(args: readonly (string | Uint8Array)[]): boolean {
  return args[7] === '1'
}

function sizeOf(reply: Reply): number {
  if (typeof reply === 'string' || Buffer.isBuffer(reply)) return reply.length
  if (!Array.isArray(reply)) return 8
  return (reply as readonly Reply[]).reduce<number>((sum, each) => sum + sizeOf(each), 0)
}
