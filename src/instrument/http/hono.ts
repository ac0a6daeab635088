import type { Exchange } from './exchange.js'
import type { NodeRequest } from './exchange-of.js'
import type { HttpOptions } from './http-instrument.js'
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
function tell(exchange: Exchange | undefined, { req, error }: HonoContext): void {
  if (exchange === undefined) return
  exchange.route ??= routeOf(req)
  if (error !== undefined && error !== null) exchange.errorType = errorTypeOf(error)
}

/** Middlewares are routes for every method, too: a handler is told from them as Hono's own guide does it, by `next`. */
function routeOf({ matchedRoutes, routeIndex }: HonoContext['req']): string {
  const route = matchedRoutes[routeIndex]
  if (route === undefined || (route.method === 'ALL' && route.handler.length >= 2)) return unmatched
  return route.path
}
