import type { Exchange, RouteTemplateSource } from './exchange.js'
import type { NodeRequest } from './exchange-of.js'
import type { HttpOptions } from './http-options.js'
import { attempt, type NodeResponse, noteError, RequestTracker } from './request-tracker.js'

interface MatchedRoute {
  readonly path: string
  readonly method: string
  readonly handler: { readonly length: number }
}

/** The properties of Hono's context that promhive uses. */
export interface HonoContext {
  /** On Node.js, Hono's server puts Node's objects here. */
  readonly env: unknown
  readonly error: unknown
  /** Whether there is a response. */
  readonly finalized: boolean
  readonly res: { readonly status: number }
  readonly req: {
    readonly raw: Request
    /** The matched routes, and the index of the last one that ran. */
    readonly matchedRoutes: readonly MatchedRoute[]
    readonly routeIndex: number
  }
}

export type HonoMiddleware = (context: HonoContext, next: () => Promise<void>) => Promise<void>

export function honoMetrics(options: HttpOptions): HonoMiddleware {
  const tracker = new RequestTracker(options)
  return async (context, next) => {
    const { incoming, outgoing } = (context.env ?? {}) as { incoming?: NodeRequest; outgoing?: NodeResponse }
    const onNode = incoming !== undefined && outgoing !== undefined
    const route = (): string | undefined => routeOf(context)
    const exchange = onNode ? tracker.track(incoming, outgoing, route) : beginForeign(tracker, context.req.raw, route)
    try {
      await next()
    } finally {
      // Hono calls its error handler before it returns here, and stores the error on the context.
      const { error } = context
      if (error !== undefined && error !== null) {
        if (onNode) noteError(incoming, error)
        else attempt(() => exchange?.recordError(error))
      }
      if (!onNode) tracker.endForeign(exchange, context.res.status)
    }
  }
}

function beginForeign(
  tracker: RequestTracker,
  { method, url, headers }: Request,
  route: RouteTemplateSource,
): Exchange | undefined {
  const { pathname, search, protocol } = new URL(url)
  return tracker.trackForeign(
    { method, url: pathname + search, headers: Object.fromEntries(headers) },
    protocol === 'https:',
    route,
  )
}

/**
 * Returns the route of the handler that answered, or would have if a middleware had not answered before it. Without a
 * handler, returns the path of the middleware that answered, unless it is for all paths or the status is 404.
 */
function routeOf(context: HonoContext): string | undefined {
  const { matchedRoutes, routeIndex } = context.req
  const handler = matchedRoutes.find((route, index) => index >= routeIndex && !isMiddleware(route))
  if (handler !== undefined) return handler.path
  const last = matchedRoutes[routeIndex]?.path
  if (last === undefined || everywhere.test(last)) return undefined
  // The response is read only if it exists, because Hono creates one on access.
  return context.finalized && context.res.status === 404 ? undefined : last
}

const everywhere = /^\/?\*$/

/**
 * Whether a route is a middleware. Middlewares are routes for every method as well; they have a parameter `next`, as
 * Hono's guide distinguishes them.
 */
function isMiddleware({ method, handler }: MatchedRoute): boolean {
  return method === 'ALL' && handler.length >= 2
}
