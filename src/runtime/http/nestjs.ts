import { type ExpressMiddleware, expressMetrics } from '../../instrument/http/express.js'
import type { HttpOptions } from '../../instrument/http/http-options.js'
import { NestMetrics } from '../../instrument/http/nestjs.js'
import { processContext } from '../current-context.js'

/**
 * A middleware that measures every request to a Nest application, by the template of its route. Not needed beside `--import
 * promhive/register`, and harmless.
 *
 * @throws MetricsError `OPTION_INVALID`; `NAME_TAKEN` when one of the names means another metric already
 * @example app.use(httpMetrics())
 */
export function httpMetrics(options: HttpOptions = {}): ExpressMiddleware {
  processContext()
  return expressMetrics(options)
}

/**
 * An interceptor that measures what handlers answer, and notes the type of the errors that they throw, which Nest otherwise
 * makes a response of before the caller sees them.
 *
 * @example app.useGlobalInterceptors(new HttpMetricsInterceptor())
 */
export class HttpMetricsInterceptor extends NestMetrics {
  constructor(options: HttpOptions = {}) {
    processContext()
    super(options)
  }
}
