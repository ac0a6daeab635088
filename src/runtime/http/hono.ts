import { type HonoMiddleware, honoMetrics } from '../../instrument/http/hono.js'
import type { HttpOptions } from '../../instrument/http/http-options.js'
import { processContext } from '../current-context.js'

/**
 * Returns a middleware that measures the requests that reach it. Use it before all others. With `--import
 * promhive/register`, this line adds the routes.
 *
 * @throws MetricsError `OPTION_INVALID`; `NAME_TAKEN` if another metric has one of the names
 * @example app.use(httpMetrics())
 */
export function httpMetrics(options: HttpOptions = {}): HonoMiddleware {
  processContext()
  return honoMetrics(options)
}
