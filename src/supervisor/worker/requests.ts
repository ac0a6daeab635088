import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Server } from 'node:net'
import { expressRoute } from '../../instrument/http/express-route.js'
import { errorTypeOf, methodLabel } from '../../instrument/http/label-values.js'
import { keepNotes, notesOf } from '../../instrument/http/request-notes.js'
import type { GaugeChild } from '../../metric/gauge.js'
import { provideServerChannels } from '../../platform/server-channels.js'
import { monotonicNow } from '../../platform/timers.js'
import type { OpenRequests } from '../open-requests.js'
import type { RequestMetrics } from './request-metrics.js'

/** A request that is being answered, over any version of HTTP. */
export interface RequestInProgress {
  readonly method: string
  /** On the clock of `performance.now()`. */
  readonly since: number
  /** Returns the route as the application wrote it, if it is known by now. */
  endpoint(): string
  /** Returns why the request failed, once it has ended; undefined if it did not. */
  fault(): string | undefined
  /** Whether its answer has been sent. */
  answered(): boolean
  /** Makes the answer end its connection. */
  closeConnection(): void
}

/** The message of the channel of node:http about a new request. */
interface RequestStart {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** The endpoint of a request without a known route. Never its raw path, because each path would become a series. */
const unknownEndpoint = 'unknown'

/** Tracks the requests that this worker is answering, over http, https and http2. */
export class Requests {
  /** By response, or by stream of HTTP/2. */
  private readonly open = new Map<object, RequestInProgress>()
  private closing = false
  private count = 0

  /**
   * @param metrics counts the requests; undefined if they are counted elsewhere
   * @param inFlight the gauge of requests in progress
   * @param table read by the supervisor when this process was killed
   * @param onAnswered called with the number of answered requests so far
   */
  constructor(
    private readonly metrics: RequestMetrics | undefined,
    private readonly inFlight: GaugeChild,
    private readonly table: OpenRequests,
    private readonly onAnswered: (answered: number) => void,
  ) {
    keepNotes()
    provideServerChannels()
    subscribe('http.server.request.start', (message) => {
      const { request, response } = message as RequestStart
      this.begin(response, exchangeOf(request, response))
      // For a response that is never finished.
      response.once('close', () => this.ended(response))
    })
    subscribe('http.server.response.finish', (message) => this.ended((message as RequestStart).response))
    // An answer whose connection is still being closed did not fail. Runs before other listeners, because they may send
    // the counts.
    process.prependListener('exit', () => {
      for (const [key, exchange] of this.open) if (exchange.answered()) this.ended(key)
      this.table.flush()
    })
    process.on('uncaughtExceptionMonitor', (error) => this.uncaught(errorTypeOf(error)))
  }

  /** The number of requests answered so far. */
  get answered(): number {
    return this.count
  }

  /** Observes a server of HTTP/2, for which not every version of Node has a channel. */
  watch(server: Server): void {
    server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      this.begin(stream, streamExchange(stream, headers))
      stream.once('close', () => this.ended(stream))
    })
  }

  /** Makes every answer from now on end its connection, so that the client's next request goes to another worker. */
  closeConnections(): void {
    this.closing = true
    for (const exchange of this.open.values()) exchange.closeConnection()
  }

  private begin(key: object, exchange: RequestInProgress): void {
    this.open.set(key, exchange)
    this.inFlight.inc()
    this.table.begin(exchange.method, performance.timeOrigin + exchange.since)
    if (this.closing) exchange.closeConnection()
  }

  private ended(key: object): void {
    const exchange = this.open.get(key)
    // Counted already, when it was finished or when an uncaught exception ended it.
    if (exchange === undefined) return
    this.open.delete(key)
    this.inFlight.dec()
    this.table.end(exchange.method, performance.timeOrigin + exchange.since)
    this.metrics?.ended(exchange, exchange.fault())
    this.onAnswered(++this.count)
  }

  private uncaught(type: string): void {
    // If the application handles the exception, its requests may still be answered.
    const dies = process.listenerCount('uncaughtException') === 0
    if (!dies || this.open.size === 0) {
      this.metrics?.error(type)
      return
    }
    this.inFlight.set(0)
    // Requests that are not counted here are counted by the supervisor when this process has ended.
    if (this.metrics === undefined) return
    for (const exchange of this.open.values()) {
      this.metrics.ended(exchange, exchange.answered() ? exchange.fault() : type)
    }
    this.open.clear()
    this.table.clear()
  }
}

function exchangeOf(request: IncomingMessage, response: ServerResponse): RequestInProgress {
  return {
    method: methodLabel(request.method ?? ''),
    since: monotonicNow(),
    endpoint: () => endpointOf(request),
    answered: () => response.writableFinished,
    fault: () => faultOf(request, response.writableFinished, response.statusCode),
    closeConnection() {
      if (!response.headersSent) response.setHeader('Connection', 'close')
    },
  }
}

/**
 * Returns the noted endpoint, or that of Express, which stores the route on its request. Errors must not reach the
 * application.
 */
function endpointOf(request: IncomingMessage): string {
  try {
    return notesOf(request).route ?? expressRoute(request) ?? unknownEndpoint
  } catch {
    return unknownEndpoint
  }
}

function streamExchange(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): RequestInProgress {
  return {
    method: methodLabel(headers[':method'] ?? ''),
    since: monotonicNow(),
    endpoint: () => notesOf(stream).route ?? unknownEndpoint,
    answered: () => stream.writableFinished,
    fault: () => faultOf(stream, stream.rstCode === 0, Number(stream.sentHeaders?.[':status'] ?? 0)),
    // The connection is closed through its session, not through the stream.
    closeConnection() {},
  }
}

/** Returns why a request failed: its error, if that is known; undefined if it did not fail. */
function faultOf(key: IncomingMessage | ServerHttp2Stream, whole: boolean, status: number): string | undefined {
  if (whole && status < 500) return undefined
  return notesOf(key).errorType ?? (whole ? `http_${status}` : 'aborted')
}
