import { fastifyMetrics } from '../../instrument/http/fastify.js'
import type { HttpOptions } from '../../instrument/http/http-options.js'
import { processContext } from '../current-context.js'

/**
 * A plugin that measures every request to the application, by the template of its route. With `--import
 * promhive/register` it is not needed, and harmless.
 *
 * @param options those of `instrumentHttp`, as the second argument of `register`
 * @example await app.register(httpMetrics)
 */
export const httpMetrics: (fastify: unknown, options: HttpOptions, done: (error?: Error) => void) => void =
  Object.assign(
    (fastify: unknown, options: HttpOptions, done: (error?: Error) => void) => {
      processContext()
      fastifyMetrics(fastify, options, done)
    },
    // Fastify's marker for a plugin whose hooks apply to the surrounding application.
    { [Symbol.for('skip-override')]: true },
  )
