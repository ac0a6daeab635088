import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest, ServerHttp2Stream } from 'node:http2'
import { sharedObject } from '../../platform/test-file.js'
import { exchangeOf, type NodeRequest } from './exchange-of.js'
import { unmatched } from './label-values.js'
import { StreamExchange } from './stream-exchange.js'

/** What the application and its framework have noted about a request. */
export interface RequestNotes {
  readonly route?: string | undefined
  readonly errorType?: string | undefined
}

const place = Symbol.for('promhive.request-notes')
const shared = sharedObject as { [place]?: WeakMap<object, RequestNotes> }

/**
 * Stores what is passed to `note` from now on: a supervised worker counts its requests even if HTTP is not measured
 * otherwise.
 */
export function keepNotes(): void {
  shared[place] ??= new WeakMap()
}

export function note(request: NodeRequest, notes: RequestNotes): void {
  const key = keyOf(request)
  const kept = shared[place]
  if (key !== undefined) kept?.set(key, { ...kept.get(key), ...notes })
}

/** Returns the notes of a request, and then what the HTTP instrument of this process knows, if there is one. */
export function notesOf(key: IncomingMessage | ServerHttp2Stream): RequestNotes {
  const noted = shared[place]?.get(key)
  const exchange = 'httpVersionMajor' in key ? exchangeOf(key) : StreamExchange.of(key)
  const route = noted?.route ?? exchange?.route
  return { route: route === unmatched ? undefined : route, errorType: noted?.errorType ?? exchange?.errorType }
}

function keyOf(request: NodeRequest): object | undefined {
  return request.httpVersionMajor >= 2 ? (request as Http2ServerRequest).stream : request
}
