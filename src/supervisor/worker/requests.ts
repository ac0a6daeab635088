import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Server } from 'node:net'
import { expressRoute } from '../../instrument/http/express-route.js'
import { errorTypeOf, methodLabel } from '../../instrument/http/label-values.js'
import type { GaugeChild } from '../../metric/gauge.js'
import { monotonicNow } from '../../runtime/timers.js'
import type { RequestMetrics } from './request-metrics.js'

/** A request that is being answered, over whichever version of HTTP. */
export interface Exchange {
  readonly method: string
  /** On the clock of `performance.now()`. */
  readonly since: number
  /** The route as the application wrote it, when it is known by now. */
  endpoint(): string
  /** Why it failed, once it has ended; undefined when it did not. */
  fault(): string | undefined
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
  private readonly open = new Set<Exchange>()
  private closing = false
  private count = 0

  /**
   * @param metrics where they are counted; nowhere when somebody else counts them
   * @param inFlight how many are being answered
   * @param onAnswered told how many were answered so far
   */
  constructor(
    private readonly metrics: RequestMetrics | undefined,
    private readonly inFlight: GaugeChild,
    private readonly onAnswered: (answered: number) => void,
  ) {
    subscribe('http.server.request.start', (message) => {
      const { request, response } = message as RequestStart
      this.begin(exchangeOf(request, response), (ended) => response.once('close', ended))
    })
    process.on('uncaughtExceptionMonitor', (error) => this.uncaught(errorTypeOf(error)))
  }

  /** How many were answered so far. */
  get answered(): number {
    return this.count
  }

  /** HTTP/2 has no channel that tells of requests in every version of Node; its servers do. */
  watch(server: Server): void {
    server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      this.begin(streamExchange(stream, headers), (ended) => stream.once('close', ended))
    })
  }

  /** From now on every answer ends its connection: the client's next request goes to another worker. */
  closeConnections(): void {
    this.closing = true
    for (const exchange of this.open) exchange.closeConnection()
  }

  private begin(exchange: Exchange, onEnd: (ended: () => void) => void): void {
    this.open.add(exchange)
    this.inFlight.inc()
    if (this.closing) exchange.closeConnection()
    onEnd(() => {
      // A request that an uncaught exception ended has been counted.
      if (!this.open.delete(exchange)) return
      this.inFlight.dec()
      this.metrics?.ended(exchange, exchange.fault())
      this.onAnswered(++this.count)
    })
  }

  private uncaught(type: string): void {
    // Where the application handles it, its requests may still be answered.
    const dies = process.listenerCount('uncaughtException') === 0
    if (!dies || this.open.size === 0) {
      this.metrics?.error(type)
      return
    }
    for (const exchange of this.open) this.metrics?.ended(exchange, type)
    this.open.clear()
    this.inFlight.set(0)
  }
}

function exchangeOf(request: IncomingMessage, response: ServerResponse): Exchange {
  return {
    method: methodLabel(request.method ?? ''),
    since: monotonicNow(),
    endpoint: () => endpointOf(request),
    fault: () => (response.writableFinished ? failure(response.statusCode) : 'aborted'),
    closeConnection() {
      if (!response.headersSent) response.setHeader('Connection', 'close')
    },
  }
}

/** Of the frameworks, Express leaves the route on its request. Nothing that goes wrong here may reach the application. */
function endpointOf(request: IncomingMessage): string {
  try {
    return expressRoute(request) ?? unknownEndpoint
  } catch {
    return unknownEndpoint
  }
}

function streamExchange(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Exchange {
  return {
    method: methodLabel(headers[':method'] ?? ''),
    since: monotonicNow(),
    endpoint: () => unknownEndpoint,
    fault: () => (stream.rstCode === 0 ? failure(Number(stream.sentHeaders?.[':status'] ?? 0)) : 'aborted'),
    // Its session is told, not the single stream.
    closeConnection() {},
  }
}

function failure(status: number): string | undefined {
  return status >= 500 ? `http_${status}` : undefined
}
