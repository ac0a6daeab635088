import http, { type IncomingMessage } from 'node:http'
import https, { type RequestOptions } from 'node:https'
import { clearTimeout, setTimeout } from '../../platform/timers.js'

/** The limits of one exchange. */
export interface ExchangeLimits {
  /** Milliseconds for the request and the complete answer; 0 for no limit. */
  readonly timeout: number
  /** Bytes of the answer that are kept; the rest is read and dropped. By default, all are kept. */
  readonly longestAnswer?: number
  /** Whether the exchange keeps the process running. The default is true. */
  readonly holdsProcess?: boolean
  /** Ends the exchange, which then rejects with the reason. */
  readonly signal?: AbortSignal | undefined
}

/** A complete answer. */
export interface CompleteAnswer {
  /** Node's response; its body has been read. */
  readonly response: IncomingMessage
  readonly body: Buffer
}

/** An answer that was not complete in time. */
export class TimedOut extends Error {
  constructor(readonly timeout: number) {
    super(`no complete answer within ${timeout} ms`)
  }
}

/** A request that failed on a connection which had been idle: the server may have closed it at the same moment. */
export class ConnectionWasClosed extends Error {}

/**
 * Sends one request, and reads its answer.
 *
 * @param options those of `http.request()` or `https.request()`
 * @throws `TimedOut`, `ConnectionWasClosed`, the reason of the signal, or Node's error
 */
export function exchange(
  options: RequestOptions,
  body: Uint8Array | undefined,
  limits: ExchangeLimits,
): Promise<CompleteAnswer> {
  const { timeout, longestAnswer = Number.POSITIVE_INFINITY, holdsProcess = true, signal } = limits
  const { request } = options.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const sent = request(options, (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        if (length < longestAnswer) chunks.push(chunk.subarray(0, longestAnswer - length))
        length += chunk.length
      })
      response.once('end', () => resolve({ response, body: Buffer.concat(chunks) })).once('error', reject)
    })
    const stop = (reason: unknown): void => {
      reject(reason)
      sent.destroy()
    }
    const aborted = (): void => stop(signal?.reason)
    signal?.addEventListener('abort', aborted, { once: true })
    // For the complete answer: a server that sends a byte a minute must time out as well.
    const late = timeout > 0 ? setTimeout(() => stop(new TimedOut(timeout)), timeout) : undefined
    if (!holdsProcess) {
      late?.unref()
      sent.once('socket', (socket) => socket.unref())
    }
    sent.once('close', () => {
      clearTimeout(late)
      signal?.removeEventListener('abort', aborted)
    })
    sent.on('error', (cause: NodeJS.ErrnoException) => {
      const closed = sent.reusedSocket && (cause.code === 'ECONNRESET' || cause.code === 'EPIPE')
      reject(closed ? new ConnectionWasClosed(cause.message, { cause }) : cause)
    })
    sent.end(body)
  })
}
