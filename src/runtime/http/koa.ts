import type { HttpOptions } from '../../instrument/http/http-options.js'
import { type KoaMiddleware, koaMetrics } from '../../instrument/http/koa.js'
import { processContext } from '../current-context.js'

/**
 * Returns a middleware that measures the requests that reach it. Use it before all others. With `--import
 * promhive/register`, this line adds the routes.
 *
 * @throws MetricsError `OPTION_INVALID`; `NAME_TAKEN` if another metric has one of the names
 * @example app.use(httpMetrics())
 */
export function httpMetrics(options: HttpOptions = {}): KoaMiddleware {
  processContext()
  return koaMetrics(options)
}
