import type { Exchange } from './exchange.js'
import type { NodeRequest } from './exchange-of.js'
import type { HttpOptions } from './http-options.js'
import { errorTypeOf, unmatched } from './label-values.js'
import { attempt, type NodeResponse, Picker } from './picked.js'

interface MatchedRoute {
  readonly path: string
  readonly method: string
  readonly handler: { readonly length: number }
}

/** Of Hono's context, what is used here. */
export interface HonoContext {
  /** On Node.js its server leaves Node's own objects here. */
  readonly env: unknown
  readonly error: unknown
  readonly res: { readonly status: number }
  readonly req: {
    readonly raw: Request
    /** What matched, and which of it was run last. */
    readonly matchedRoutes: readonly MatchedRoute[]
    readonly routeIndex: number
  }
}

export type HonoMiddleware = (context: HonoContext, next: () => Promise<void>) => Promise<void>

export function honoMetrics(options: HttpOptions): HonoMiddleware {
  const picker = new Picker(options)
  return async (context, next) => {
    const { incoming, outgoing } = (context.env ?? {}) as { incoming?: NodeRequest; outgoing?: NodeResponse }
    const onNode = incoming !== undefined && outgoing !== undefined
    const exchange = onNode ? picker.pick(incoming, outgoing) : beginForeign(picker, context.req.raw)
    try {
      await next()
    } finally {
      attempt(() => tell(exchange, context))
      if (!onNode) picker.endForeign(exchange, context.res.status)
    }
  }
}

function beginForeign(picker: Picker, { method, url, headers }: Request): Exchange | undefined {
  const { pathname, search, protocol } = new URL(url)
  return picker.pickForeign(
    { method, url: pathname + search, headers: Object.fromEntries(headers) },
    protocol === 'https:',
  )
}

/** Hono brings an error to its own handler before it returns here, and leaves it on the context. */
function tell(exchange: Exchange | undefined, context: HonoContext): void {
  if (exchange === undefined) return
  exchange.route ??= routeOf(context)
  const { error } = context
  if (error !== undefined && error !== null) exchange.errorType = errorTypeOf(error)
}

/**
 * The route of the handler that answered, or would have: a guard may have answered before it. Where there is none, the path
 * of the middleware that answered, unless that is for all paths or found nothing.
 */
function routeOf({ req: { matchedRoutes, routeIndex }, res }: HonoContext): string {
  const handler = matchedRoutes.find((route, index) => index >= routeIndex && !isMiddleware(route))
  if (handler !== undefined) return handler.path
  const last = matchedRoutes[routeIndex]?.path
  return last === undefined || everywhere.test(last) || res.status === 404 ? unmatched : last
}

const everywhere = /^\/?\*$/

/** Middlewares are routes for every method, too: told from handlers as Hono's own guide does it, by `next`. */
function isMiddleware({ method, handler }: MatchedRoute): boolean {
  return method === 'ALL' && handler.length >= 2
}
