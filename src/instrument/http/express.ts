import type { NodeRequest } from './exchange-of.js'
import type { HttpOptions } from './http-options.js'
import { type NodeResponse, noteError, RequestTracker } from './request-tracker.js'

/** A middleware of Express, which Connect and Nest accept as well. */
export type ExpressMiddleware = (request: NodeRequest, response: NodeResponse, next: (error?: unknown) => void) => void

export type ExpressErrorMiddleware = (
  error: unknown,
  request: NodeRequest,
  response: NodeResponse,
  next: (error?: unknown) => void,
) => void

/** Express stores the route on its request, where it is read when the response has ended. */
export function expressMetrics(options: HttpOptions): ExpressMiddleware {
  const tracker = new RequestTracker(options)
  return (request, response, next) => {
    tracker.track(request, response)
    next()
  }
}

export function expressErrorMetrics(): ExpressErrorMiddleware {
  // Express recognises an error handler by its four parameters.
  return (error, request, _response, next) => {
    noteError(request, error)
    next(error)
  }
}
