import { errorMonitor } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { exchangeOf, type NodeRequest } from './exchange-of.js'
import { guarded, onChannel } from './guard.js'
import { unmatched } from './label-values.js'

/** Of Fastify, what is used here. */
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
  /** Of Fastify before version 5. */
  readonly routerPath?: string
}

/** Fastify says when an application is made, before it has routes: hooks on its root see every request. */
export function watchFastify(): () => void {
  return onChannel('fastify.initialization', ({ fastify }: { readonly fastify: FastifyLike }) => hookInto(fastify))
}

/** Notes the route of each request of an application, and the error that it met. */
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
  // A stream that fails after the headers reaches no hook: Fastify cuts the response off.
  fastify.addHook('onSend', (request, _reply, payload, done) => {
    // A monitor: an error that has no listener stays one that ends the process.
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
  exchangeOf(raw)?.met(fault)
}
