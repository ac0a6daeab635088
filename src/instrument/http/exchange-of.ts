import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { HttpConnection } from './connection.js'
import type { Exchange } from './exchange.js'
import { StreamExchange } from './stream-exchange.js'

/**
 * Node's request object, of either protocol. Express' request is one, and so are the properties `raw` or `req` of other
 * frameworks.
 */
export type NodeRequest = IncomingMessage | Http2ServerRequest

/** Returns the exchange of a request in progress. */
export function exchangeOf(request: NodeRequest): Exchange | undefined {
  if (request.httpVersionMajor >= 2) return StreamExchange.of((request as Http2ServerRequest).stream)
  return HttpConnection.of(request.socket)?.exchangeOf(request as IncomingMessage)
}
