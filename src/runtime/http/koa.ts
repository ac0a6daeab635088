import type { HttpOptions } from '../../instrument/http/http-options.js'
import { type KoaMiddleware, koaMetrics } from '../../instrument/http/koa.js'
import { processContext } from '../current-context.js'

/**
 * A middleware that measures the requests that come past it; to be used before all others. Beside `--import
 * promhive/register` it is the one line that adds the routes.
 *
 * @throws MetricsError `OPTION_INVALID`; `NAME_TAKEN` when one of the names means another metric already
 * @example app.use(httpMetrics())
 */
export function httpMetrics(options: HttpOptions = {}): KoaMiddleware {
  processContext()
  return koaMetrics(options)
}
