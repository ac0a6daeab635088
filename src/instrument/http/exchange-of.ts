import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { HttpConnection } from './connection.js'
import type { Exchange } from './exchange.js'
import { StreamExchange } from './stream-exchange.js'

/** A request object of Node's, of either protocol. Express' is one, and so is what other frameworks call `raw` or `req`. */
export type NodeRequest = IncomingMessage | Http2ServerRequest

/** The exchange that a request belongs to, while it is under way. */
export function exchangeOf(request: NodeRequest): Exchange | undefined {
  if (request.httpVersionMajor >= 2) return StreamExchange.of((request as Http2ServerRequest).stream)
  return HttpConnection.of(request.socket)?.exchangeOf(request as IncomingMessage)
}
