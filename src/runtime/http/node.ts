import { exchangeOf, type NodeRequest } from '../../instrument/http/exchange-of.js'
import { provideHttpInstrument } from '../../instrument/http/http-instrument.js'
import type { HttpOptions } from '../../instrument/http/http-options.js'
import { errorTypeOf } from '../../instrument/http/label-values.js'
import { note } from '../../instrument/http/request-notes.js'
import { MetricsError } from '../../model/errors.js'
import { describe } from '../../model/metric-name.js'
import { processContext } from '../current-context.js'

/**
 * Measures every HTTP request of this process from now on: those to its servers, with the template of their route, and
 * those that it sends. Does the same as `--import promhive/register`, in code and without the metrics port.
 *
 * Call it in every process, before its servers answer. A second call may change `ignore` and `route`.
 *
 * @throws MetricsError `OPTION_INVALID`; `NAME_TAKEN` if another metric has one of the names
 * @example
 * instrumentHttp({ ignore: ({ url }) => url === '/healthz' })
 */
export function instrumentHttp(options: HttpOptions = {}): void {
  processContext()
  provideHttpInstrument(options).measureEverything()
}

/**
 * Sets the route of a request if no framework sets it: a template such as `/users/:id`, never the path itself.
 *
 * @param request Node's request object. The call has no effect unless promhive/http or promhive run measures the
 * request
 * @throws MetricsError `OPTION_INVALID` unless `request` is an object and `route` a string
 * @example
 * createServer((request, response) => {
 *   setRoute(request, '/users/:id')
 *   response.end('Ada')
 * })
 */
export function setRoute(request: NodeRequest, route: string): void {
  checkRequest('setRoute', request)
  // A framework may pass a RegExp pattern.
  if (typeof route !== 'string' && !((route as unknown) instanceof RegExp))
    throw new MetricsError('OPTION_INVALID', `setRoute: route must be a string, got ${describe(route)}`)
  const exchange = exchangeOf(request)
  if (exchange !== undefined) exchange.route = route
  note(request, { route })
}

/**
 * Sets the error of a request, for the label `error_type`, if no framework reports it.
 *
 * @throws MetricsError `OPTION_INVALID` unless `request` is an object
 * @example
 * catch (error) { setError(request, error); response.writeHead(500).end() }
 */
export function setError(request: NodeRequest, error: unknown): void {
  checkRequest('setError', request)
  exchangeOf(request)?.recordError(error)
  note(request, { errorType: errorTypeOf(error) })
}

function checkRequest(caller: string, request: unknown): void {
  if (typeof request === 'object' && request !== null) return
  throw new MetricsError('OPTION_INVALID', `${caller}: request must be Node's request object, got ${describe(request)}`)
}
