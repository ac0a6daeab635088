import type { NodeRequest } from './exchange-of.js'
import type { HttpOptions } from './http-options.js'
import { attempt, type NodeResponse, noteError, Picker } from './picked.js'

/** Of Koa's context, what is used here; `_matchedRoute` is where its routers leave the route. */
export interface KoaContext {
  readonly req: NodeRequest
  readonly res: NodeResponse
  readonly _matchedRoute?: unknown
  readonly app: KoaApplication
}

interface KoaApplication {
  on(event: 'error', listener: (error: unknown, context?: KoaContext) => void): unknown
}

export type KoaMiddleware = (context: KoaContext, next: () => Promise<unknown>) => Promise<void>

export function koaMetrics(options: HttpOptions): KoaMiddleware {
  const picker = new Picker(options)
  const heard = new WeakSet<KoaApplication>()
  return async (context, next) => {
    picker.pick(context.req, context.res, () => routeOf(context))
    if (!heard.has(context.app)) {
      heard.add(context.app)
      attempt(() => hearErrors(context.app))
    }
    try {
      await next()
    } catch (error) {
      noteError(context.req, error)
      throw error
    }
  }
}

/**
 * A body that fails while it is sent reaches no middleware, only the application's `error` event. Koa gives an application
 * its own listener before the first request, so that this one does not stand in for it.
 */
function hearErrors(application: KoaApplication): void {
  application.on('error', (error, context) => {
    // What the connection itself met is the client's leaving.
    if (context?.req !== undefined && error !== context.req.socket?.errored) noteError(context.req, error)
  })
}

function routeOf({ _matchedRoute: route }: KoaContext): string | undefined {
  return typeof route === 'string' || route instanceof RegExp ? String(route) : undefined
}
