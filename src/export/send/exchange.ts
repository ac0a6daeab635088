import http, { type IncomingMessage } from 'node:http'
import https, { type RequestOptions } from 'node:https'
import { clearTimeout, setTimeout } from '../../platform/timers.js'

/** The limits of one exchange. */
export interface ExchangeLimits {
  /** Milliseconds for the request and the complete answer; 0 for no limit. */
  readonly timeout: number
  /** Bytes of the answer that are read; a longer one is cut off, with its connection. The default is 1 MiB. */
  readonly longestAnswer?: number
  /** Whether the exchange keeps the process running. The default is true. */
  readonly holdsProcess?: boolean
  /** Ends the exchange, which then rejects with the reason. */
  readonly signal?: AbortSignal | undefined
}

/** Bytes: no receiver of metrics has more to say, and a wrong one must not fill the memory. */
const usualLongestAnswer = 1_048_576

/** Interim answers (`102 Processing`) after which a server counts as one that never answers. */
const mostInterimAnswers = 100

/** An answer that was read to its end, or to the longest that is accepted. */
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
  const { timeout, longestAnswer = usualLongestAnswer, holdsProcess = true, signal } = limits
  const { request } = options.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    let answered = false
    const sent = request(options, (response) => {
      answered = true
      const chunks: Buffer[] = []
      let length = 0
      const complete = (): void => resolve({ response, body: Buffer.concat(chunks) })
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk.subarray(0, longestAnswer - length))
        length += chunk.length
        if (length <= longestAnswer) return
        complete()
        sent.destroy()
      })
      response.once('end', complete).once('error', reject)
    })
    const stop = (reason: unknown): void => {
      reject(reason)
      sent.destroy()
    }
    let interim = 0
    sent.on('information', () => {
      if (++interim > mostInterimAnswers) stop(new Error(`no answer after ${mostInterimAnswers} interim ones`))
    })
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
      // Such as an answer that changes the protocol: Node then closes the connection without an error.
      if (!answered) reject(new Error('the connection was closed without an answer'))
    })
    sent.on('error', (cause: NodeJS.ErrnoException) => {
      const closed = sent.reusedSocket && (cause.code === 'ECONNRESET' || cause.code === 'EPIPE')
      reject(closed ? new ConnectionWasClosed(cause.message, { cause }) : cause)
    })
    sent.end(body)
  })
}
