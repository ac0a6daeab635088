import { type FastifyLike, hookInto } from './fastify-routes.js'
import type { HttpOptions } from './http-options.js'
import { RequestTracker } from './request-tracker.js'

interface FastifyRegistering {
  readonly prefix?: unknown
  readonly logLevel?: unknown
  readonly logSerializers?: unknown
}

/** A plugin of Fastify's form, for the whole application and not only for what is registered beside it. */
export function fastifyMetrics(fastify: unknown, options: HttpOptions, done: (error?: Error) => void): void {
  const instance = fastify as FastifyLike
  // Fastify hands over its own options of `register` with the plugin's.
  const { prefix: _, logLevel: __, logSerializers: ___, ...given } = options as HttpOptions & FastifyRegistering
  let tracker: RequestTracker
  try {
    tracker = new RequestTracker(given)
  } catch (fault) {
    // Thrown, it would let Fastify wait for the plugin until its own timeout.
    done(fault as Error)
    return
  }
  instance.addHook('onRequest', (request, reply, next) => {
    tracker.track(request.raw, reply.raw)
    next()
  })
  hookInto(instance)
  done()
}
