import { type FastifyLike, hookInto } from './fastify-routes.js'
import type { HttpOptions } from './http-options.js'
import { Picker } from './picked.js'

/** A plugin of Fastify's form, for the whole application and not only for what is registered beside it. */
export function fastifyMetrics(fastify: unknown, options: HttpOptions, done: () => void): void {
  const instance = fastify as FastifyLike
  const picker = new Picker(options)
  instance.addHook('onRequest', (request, reply, next) => {
    picker.pick(request.raw, reply.raw)
    next()
  })
  hookInto(instance)
  done()
}
