import { type FastifyLike, hookInto } from './fastify-routes.js'
import type { HttpOptions } from './http-options.js'
import { RequestTracker } from './request-tracker.js'

interface FastifyRegistering {
  readonly prefix?: unknown
  readonly logLevel?: unknown
  readonly logSerializers?: unknown
}

/** A plugin of Fastify for the whole application, not only for its scope. */
export function fastifyMetrics(fastify: unknown, options: HttpOptions, done: (error?: Error) => void): void {
  const instance = fastify as FastifyLike
  // Fastify passes its own options of `register` together with those of the plugin.
  const { prefix: _, logLevel: __, logSerializers: ___, ...httpOptions } = options as HttpOptions & FastifyRegistering
  let tracker: RequestTracker
  try {
    tracker = new RequestTracker(httpOptions)
  } catch (fault) {
    // If it were thrown, Fastify would wait for the plugin until a timeout.
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
