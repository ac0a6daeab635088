import type { IncomingHttpHeaders } from 'node:http'
import { type HttpResponse, textResponse } from './response.js'

/** A request, as a route receives it. */
export interface RouteRequest {
  readonly method: string
  /** The target of the request: its path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** Aborted when the client has closed its connection. */
  readonly signal: AbortSignal
  /** Resolves when the limit on unread bytes allows another answer; undefined if it does already. */
  ready(): Promise<void> | undefined
}

/** One entry of a route table. */
export interface Route {
  /** The path, compared byte by byte with that of the request. `*` matches every path that no other route has. */
  readonly path: string
  /** The default is `GET`. A route with `GET` answers `HEAD` as well, without the body. */
  readonly methods?: readonly string[]
  /** Whether requests with any `Host` header are answered. Only for answers that any web page may read. */
  readonly anyHost?: boolean
  /** Whether the answer to an unknown path omits this one. */
  readonly unlisted?: boolean
  /** Answers a request. Rejects if the client has disconnected. */
  handle(request: RouteRequest, query: URLSearchParams): Promise<HttpResponse>
}

/** The routes of one HTTP server. */
export class RouteTable {
  private readonly routes: ReadonlyMap<string, Route>

  /** @throws Error for two routes with the same path */
  constructor(routes: readonly Route[]) {
    this.routes = new Map(routes.map((route) => [route.path, route]))
    if (this.routes.size < routes.length) {
      throw new Error(`two routes have one path: ${routes.map(({ path }) => path).join(', ')}`)
    }
  }

  /**
   * Answers with the route of the path; with 404 if no route has it, and with 405 if the route does not have the
   * method.
   */
  async answer(request: RouteRequest): Promise<HttpResponse> {
    const route = this.routeOf(request.url)
    if (route === undefined) {
      const listed = [...this.routes.values()].filter(({ unlisted }) => !unlisted).map(({ path }) => path)
      return textResponse(404, `nothing here; this server has ${listed.join(', ')}\n`)
    }
    const methods = methodsOf(route)
    if (!methods.includes(request.method)) {
      const Allow = methods.join(', ')
      return textResponse(405, `${request.method} is not allowed here; allowed: ${Allow}\n`, { Allow })
    }
    const end = request.url.indexOf('?')
    return route.handle(request, new URLSearchParams(end < 0 ? '' : request.url.slice(end + 1)))
  }

  /** Whether a request of this target is answered whatever its `Host` header is. */
  allowsAnyHost(url: string): boolean {
    return this.routeOf(url)?.anyHost === true
  }

  private routeOf(url: string): Route | undefined {
    const end = url.indexOf('?')
    return this.routes.get(end < 0 ? url : url.slice(0, end)) ?? this.routes.get('*')
  }
}

function methodsOf({ methods = ['GET'] }: Route): readonly string[] {
  return methods.includes('GET') && !methods.includes('HEAD') ? [...methods, 'HEAD'] : methods
}
