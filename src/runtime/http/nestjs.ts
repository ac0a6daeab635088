import { type ExpressMiddleware, expressMetrics } from '../../instrument/http/express.js'
import type { HttpOptions } from '../../instrument/http/http-options.js'
import { NestMetrics } from '../../instrument/http/nestjs.js'
import { processContext } from '../current-context.js'

/**
 * Returns a middleware that measures every request to a Nest application, by the template of its route. With `--import
 * promhive/register` it is not needed, and harmless.
 *
 * @throws MetricsError `OPTION_INVALID`; `NAME_TAKEN` if another metric has one of the names
 * @example app.use(httpMetrics())
 */
export function httpMetrics(options: HttpOptions = {}): ExpressMiddleware {
  processContext()
  return expressMetrics(options)
}

/**
 * An interceptor that measures the answers of handlers, and notes the type of their errors, which Nest otherwise
 * converts to a response before the caller sees them.
 *
 * @example app.useGlobalInterceptors(new HttpMetricsInterceptor())
 */
export class HttpMetricsInterceptor extends NestMetrics {
  constructor(options: HttpOptions = {}) {
    processContext()
    super(options)
  }
}
