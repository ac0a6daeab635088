import { errorMonitor } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { exchangeOf, type NodeRequest } from './exchange-of.js'
import { guarded, onChannel } from './guard.js'
import { unmatched } from './label-values.js'

/** The methods of Fastify that promhive uses. */
export interface FastifyLike {
  addHook(
    name: 'onRequest',
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike, done: () => void) => void,
  ): unknown
  addHook(
    name: 'onError',
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike, error: unknown, done: () => void) => void,
  ): unknown
  addHook(
    name: 'onSend',
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike, payload: unknown, done: () => void) => void,
  ): unknown
}

interface StreamLike {
  pipe(target: unknown): unknown
  once(event: typeof errorMonitor, listener: (error: unknown) => void): unknown
}

interface FastifyReplyLike {
  readonly raw: ServerResponse | Http2ServerResponse
}

interface FastifyRequestLike {
  readonly raw: NodeRequest
  readonly routeOptions?: { readonly url?: string | undefined }
  /** Before version 5 of Fastify. */
  readonly routerPath?: string
}

/**
 * Adds hooks to each application of Fastify, which reports a new one before it has routes. Hooks on its root see every
 * request.
 */
export function watchFastify(): () => void {
  return onChannel('fastify.initialization', ({ fastify }: { readonly fastify: FastifyLike }) => hookInto(fastify))
}

/** Notes the route and the error of each request of an application. */
export function hookInto(fastify: FastifyLike): void {
  const route = guarded(noteRoute)
  const error = guarded(noteError)
  fastify.addHook('onRequest', (request, _reply, done) => {
    route(request)
    done()
  })
  fastify.addHook('onError', (request, _reply, fault, done) => {
    error([request, fault])
    done()
  })
  // If a stream fails after the headers, Fastify cuts the response off and calls no hook.
  fastify.addHook('onSend', (request, _reply, payload, done) => {
    // A monitor does not count as a listener: an unhandled error still ends the process.
    if (isStream(payload)) payload.once(errorMonitor, (fault) => error([request, fault]))
    done()
  })
}

function noteRoute({ raw, routeOptions }: FastifyRequestLike): void {
  const exchange = exchangeOf(raw)
  if (exchange !== undefined) exchange.route = routeOptions?.url ?? unmatched
}

function isStream(payload: unknown): payload is StreamLike {
  const stream = payload as Partial<StreamLike> | null | undefined
  return typeof stream === 'object' && typeof stream?.pipe === 'function' && typeof stream.once === 'function'
}

function noteError([{ raw }, fault]: readonly [FastifyRequestLike, unknown]): void {
  exchangeOf(raw)?.recordError(fault)
}
