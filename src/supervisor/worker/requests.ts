import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Server } from 'node:net'
import { expressRoute } from '../../instrument/http/express-route.js'
import { errorTypeOf, methodLabel } from '../../instrument/http/label-values.js'
import { keepNotes, notesOf } from '../../instrument/http/request-notes.js'
import type { GaugeChild } from '../../metric/gauge.js'
import { monotonicNow } from '../../platform/timers.js'
import type { OpenRequests } from '../open-requests.js'
import type { RequestMetrics } from './request-metrics.js'

/** A request that is being answered, over whichever version of HTTP. */
export interface RequestInProgress {
  readonly method: string
  /** On the clock of `performance.now()`. */
  readonly since: number
  /** The route as the application wrote it, when it is known by now. */
  endpoint(): string
  /** Why it failed, once it has ended; undefined when it did not. */
  fault(): string | undefined
  /** Whether its answer has been handed over. */
  answered(): boolean
  /** Has the answer end its connection. */
  closeConnection(): void
}

/** What the channel of node:http says when a request has come in. */
interface RequestStart {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Where a request goes that no route is known for: never its raw path, which would make a series of its own. */
const unknownEndpoint = 'unknown'

/** The requests of this worker that are being answered, over http, https and http2. */
export class Requests {
  /** By response, or by stream. */
  private readonly open = new Map<object, RequestInProgress>()
  private closing = false
  private count = 0

  /**
   * @param metrics where they are counted; nowhere when they are counted elsewhere
   * @param inFlight how many are being answered
   * @param table what the supervisor reads when this process was killed
   * @param onAnswered called with how many were answered so far
   */
  constructor(
    private readonly metrics: RequestMetrics | undefined,
    private readonly inFlight: GaugeChild,
    private readonly table: OpenRequests,
    private readonly onAnswered: (answered: number) => void,
  ) {
    keepNotes()
    subscribe('http.server.request.start', (message) => {
      const { request, response } = message as RequestStart
      this.begin(response, exchangeOf(request, response))
      // Of a response that is never finished.
      response.once('close', () => this.ended(response))
    })
    subscribe('http.server.response.finish', (message) => this.ended((message as RequestStart).response))
    // An answer whose connection is still being closed is no failure. Before others that listen: they may send the counts.
    process.prependListener('exit', () => {
      for (const [key, exchange] of this.open) if (exchange.answered()) this.ended(key)
      this.table.flush()
    })
    process.on('uncaughtExceptionMonitor', (error) => this.uncaught(errorTypeOf(error)))
  }

  /** How many were answered so far. */
  get answered(): number {
    return this.count
  }

  /** HTTP/2 has no channel that reports requests in every version of Node; its servers do. */
  watch(server: Server): void {
    server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      this.begin(stream, streamExchange(stream, headers))
      stream.once('close', () => this.ended(stream))
    })
  }

  /** From now on every answer ends its connection: the client's next request goes to another worker. */
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
    // Counted already: when it was finished, or when an uncaught exception ended it.
    if (exchange === undefined) return
    this.open.delete(key)
    this.inFlight.dec()
    this.table.end(exchange.method, performance.timeOrigin + exchange.since)
    this.metrics?.ended(exchange, exchange.fault())
    this.onAnswered(++this.count)
  }

  private uncaught(type: string): void {
    // Where the application handles it, its requests may still be answered.
    const dies = process.listenerCount('uncaughtException') === 0
    if (!dies || this.open.size === 0) {
      this.metrics?.error(type)
      return
    }
    this.inFlight.set(0)
    // What is not counted here, the supervisor counts when this process has ended.
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

/** What was noted; of the frameworks, Express leaves the route on its request. Nothing that goes wrong here may reach the application. */
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
    // The event is emitted on its session, not on the single stream.
    closeConnection() {},
  }
}

/** Why a request failed: the error that it met, if that is known; undefined where it did not fail. */
function faultOf(key: IncomingMessage | ServerHttp2Stream, whole: boolean, status: number): string | undefined {
  if (whole && status < 500) return undefined
  return notesOf(key).errorType ?? (whole ? `http_${status}` : 'aborted')
}
