import { errorMonitor } from 'node:events'
import type { NodeRequest } from './exchange-of.js'
import type { HttpOptions } from './http-options.js'
import { attempt, type NodeResponse, noteError, RequestTracker } from './request-tracker.js'

/** The properties of Koa's context that promhive uses; its routers store the route as `_matchedRoute`. */
export interface KoaContext {
  readonly req: NodeRequest
  readonly res: NodeResponse
  readonly _matchedRoute?: unknown
  readonly app?: KoaApplication
}

interface KoaApplication {
  on(event: typeof errorMonitor, listener: (error: unknown, context?: KoaContext) => void): unknown
}

export type KoaMiddleware = (context: KoaContext, next: () => Promise<unknown>) => Promise<void>

export function koaMetrics(options: HttpOptions): KoaMiddleware {
  const tracker = new RequestTracker(options)
  const heard = new WeakSet<KoaApplication>()
  return async (context, next) => {
    tracker.track(context.req, context.res, () => routeOf(context))
    const { app } = context
    if (app !== undefined && !heard.has(app)) {
      heard.add(app)
      attempt(() => hearErrors(app))
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
 * Notes errors of a body while it is sent: Koa reports them with the `error` event of the application, and to no
 * middleware.
 */
function hearErrors(application: KoaApplication): void {
  // A monitor does not count as a listener of the event, neither for Koa nor for Node.
  application.on(errorMonitor, (error, context) => {
    if (context?.req !== undefined && !isOfConnection(error, context.req)) noteError(context.req, error)
  })
}

/** Whether an error comes from the connection because the client disconnected. A stream of HTTP/2 checks that itself. */
function isOfConnection(error: unknown, request: NodeRequest): boolean {
  return request.httpVersionMajor < 2 && error === request.socket?.errored
}

function routeOf({ _matchedRoute: route }: KoaContext): string | undefined {
  return typeof route === 'string' || route instanceof RegExp ? String(route) : undefined
}
