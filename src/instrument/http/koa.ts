import type { NodeRequest } from './exchange-of.js'
import type { HttpOptions } from './http-options.js'
import { unmatched } from './label-values.js'
import { attempt, type NodeResponse, noteError, Picker } from './picked.js'

/** Of Koa's context, what is used here; `_matchedRoute` is where its routers leave the route. */
export interface KoaContext {
  readonly req: NodeRequest
  readonly res: NodeResponse
  readonly _matchedRoute?: unknown
}

export type KoaMiddleware = (context: KoaContext, next: () => Promise<unknown>) => Promise<void>

export function koaMetrics(options: HttpOptions): KoaMiddleware {
  const picker = new Picker(options)
  return async (context, next) => {
    const exchange = picker.pick(context.req, context.res)
    try {
      await next()
    } catch (error) {
      noteError(context.req, error)
      throw error
    } finally {
      attempt(() => {
        if (exchange !== undefined) exchange.route ??= routeOf(context)
      })
    }
  }
}

function routeOf({ _matchedRoute: route }: KoaContext): string {
  return typeof route === 'string' || route instanceof RegExp ? String(route) : unmatched
}
