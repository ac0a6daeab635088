import {
  type ExpressErrorMiddleware,
  type ExpressMiddleware,
  expressErrorMetrics,
  expressMetrics,
} from '../../instrument/http/express.js'
import type { HttpOptions } from '../../instrument/http/http-options.js'
import { processContext } from '../current-context.js'

/**
 * A middleware that measures the requests that come past it, by the template of their route; to be used before all others.
 * Not needed beside `--import promhive/register`, and harmless.
 *
 * @throws MetricsError `OPTION_INVALID`; `NAME_TAKEN` when one of the names means another metric already
 * @example app.use(httpMetrics())
 */
export function httpMetrics(options: HttpOptions = {}): ExpressMiddleware {
  processContext()
  return expressMetrics(options)
}

/**
 * An error middleware that notes the type of an error and passes it on; to be used after the routes and before other error
 * middlewares. Express 5.3 and later need none: they report errors by themselves.
 *
 * @example app.use(errorMetrics())
 */
export function errorMetrics(): ExpressErrorMiddleware {
  return expressErrorMetrics()
}
