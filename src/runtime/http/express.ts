import {
  type ExpressErrorMiddleware,
  type ExpressMiddleware,
  expressErrorMetrics,
  expressMetrics,
} from '../../instrument/http/express.js'
import type { HttpOptions } from '../../instrument/http/http-options.js'
import { processContext } from '../current-context.js'

/**
 * Returns a middleware that measures the requests that reach it, by the template of their route. Use it before all
 * others. With `--import promhive/register` it is not needed, and harmless.
 *
 * @throws MetricsError `OPTION_INVALID`; `NAME_TAKEN` if another metric has one of the names
 * @example app.use(httpMetrics())
 */
export function httpMetrics(options: HttpOptions = {}): ExpressMiddleware {
  processContext()
  return expressMetrics(options)
}

/**
 * Returns an error middleware that notes the type of an error and passes it on. Use it after the routes and before
 * other error middlewares. Express 5.3 and later do not need it, because they report errors themselves.
 *
 * @example app.use(errorMetrics())
 */
export function errorMetrics(): ExpressErrorMiddleware {
  return expressErrorMetrics()
}
