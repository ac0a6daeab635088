import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { HttpConnection } from './connection.js'
import { Exchange, type HttpRequest, type RouteTemplateSource, transportOf } from './exchange.js'
import { exchangeOf, type NodeRequest } from './exchange-of.js'
import { report } from './guard.js'
import { provideHttpInstrument } from './http-instrument.js'
import type { HttpOptions } from './http-options.js'
import { errorTypeOf } from './label-values.js'
import { note } from './request-notes.js'
import type { ServerInstrument } from './server-instrument.js'
import { StreamExchange } from './stream-exchange.js'

/** Node's response object, of either protocol. */
export type NodeResponse = ServerResponse | Http2ServerResponse

/**
 * The common part of the middlewares: they decide which requests count, and know the routes and errors of their
 * framework.
 */
export class RequestTracker {
  private readonly instrument: ServerInstrument

  constructor(options: HttpOptions) {
    this.instrument = provideHttpInstrument(options).server
  }

  /** Counts a request once, even if `--import promhive/register` counts all requests. */
  track(request: NodeRequest, response: NodeResponse, templateSource?: RouteTemplateSource): Exchange | undefined {
    return attempt(() => {
      const exchange = exchangeOf(request) ?? this.begin(request, response)
      // In nested applications, the inner one comes later and knows more of the route.
      if (templateSource !== undefined) exchange.templateSource = templateSource
      this.instrument.measure(exchange)
      return exchange
    })
  }

  /** Tracks a request that did not come through a server of Node; the caller reports its end. */
  trackForeign(request: HttpRequest, encrypted: boolean, templateSource: RouteTemplateSource): Exchange | undefined {
    return attempt(() => {
      const exchange = new Exchange()
      exchange.begin(request, request.method ?? '', transportOf(encrypted, 1, 1))
      exchange.templateSource = templateSource
      this.instrument.measure(exchange)
      return exchange
    })
  }

  endForeign(exchange: Exchange | undefined, status: number): void {
    attempt(() => {
      exchange?.end(false)
      if (exchange !== undefined) exchange.status = status
      if (exchange !== undefined) this.instrument.ended(exchange)
    })
  }

  /** The server received the request before the hooks were installed. */
  private begin(request: NodeRequest, response: NodeResponse): Exchange {
    if (request.httpVersionMajor >= 2) {
      return StreamExchange.open((request as Http2ServerRequest).stream, this.instrument, request.headers)
    }
    const { socket } = request as IncomingMessage
    const connection = HttpConnection.of(socket) ?? HttpConnection.open(socket, this.instrument, false)
    return connection.begin(request as IncomingMessage, response as ServerResponse)
  }
}

/** Notes the error of a request in progress. */
export function noteError(request: NodeRequest, error: unknown): void {
  attempt(() => {
    exchangeOf(request)?.recordError(error)
    note(request, { errorType: errorTypeOf(error) })
  })
}

/** Runs a measurement, and reports its errors instead of throwing them. */
export function attempt<T>(measure: () => T): T | undefined {
  try {
    return measure()
  } catch (cause) {
    report(cause)
    return undefined
  }
}
