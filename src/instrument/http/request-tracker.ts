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

/** A response object of Node's, of either protocol. */
export type NodeResponse = ServerResponse | Http2ServerResponse

/** What the middlewares have in common: they pick the requests that count, and know the framework's routes and errors. */
export class RequestTracker {
  private readonly instrument: ServerInstrument

  constructor(options: HttpOptions) {
    this.instrument = provideHttpInstrument(options).server
  }

  /** Counts a request, once; where `--import promhive/register` counts them all, this one already does. */
  track(request: NodeRequest, response: NodeResponse, templateSource?: RouteTemplateSource): Exchange | undefined {
    return attempt(() => {
      const exchange = exchangeOf(request) ?? this.begin(request, response)
      // Of nested applications, the inner one comes later and has more of the route.
      if (templateSource !== undefined) exchange.templateSource = templateSource
      this.instrument.measure(exchange)
      return exchange
    })
  }

  /** A request that did not come through a server of Node's: the caller reports its end. */
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

  /** The server began with it before the hooks were installed. */
  private begin(request: NodeRequest, response: NodeResponse): Exchange {
    if (request.httpVersionMajor >= 2) {
      return StreamExchange.open((request as Http2ServerRequest).stream, this.instrument, request.headers)
    }
    const { socket } = request as IncomingMessage
    const connection = HttpConnection.of(socket) ?? HttpConnection.open(socket, this.instrument, false)
    return connection.begin(request as IncomingMessage, response as ServerResponse)
  }
}

/** The error that a request met, where it is under way. */
export function noteError(request: NodeRequest, error: unknown): void {
  attempt(() => {
    exchangeOf(request)?.met(error)
    note(request, { errorType: errorTypeOf(error) })
  })
}

/** What goes wrong with measuring stays here. */
export function attempt<T>(measure: () => T): T | undefined {
  try {
    return measure()
  } catch (cause) {
    report(cause)
    return undefined
  }
}
