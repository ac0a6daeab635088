import type { HttpRequest } from './exchange.js'

/** What Express puts on a request, in versions 4 and 5. */
interface ExpressRequest extends HttpRequest {
  readonly baseUrl?: unknown
  readonly route?: { readonly path?: unknown }
  readonly app?: { readonly router?: ExpressRouter; readonly _router?: ExpressRouter }
}

/** Of a mounted router: a layer that knows its own path and parameters once it has been asked to match. */
interface ExpressLayer {
  readonly handle?: Partial<ExpressRouter>
  readonly route?: unknown
  readonly path?: unknown
  readonly params?: unknown
  match?(path: string): unknown
}

interface ExpressRouter {
  readonly stack?: readonly ExpressLayer[]
}

/** What a layer says of a path that it matches: all of it in `router` 2.3, else parts of it on the layer itself. */
interface Match {
  readonly path: string
  readonly params: Readonly<Record<string, unknown>>
  readonly pattern?: unknown
}

/** Mount paths as they were asked for → their template; emptied when it is full. */
const templates = new Map<string, string>()
const mostTemplates = 1_000

/** The template of the route that Express chose for a request; undefined when it chose none, or is not there. */
export function expressRoute(request: HttpRequest): string | undefined {
  const { route } = request as ExpressRequest
  if (route === undefined || route === null || typeof route !== 'object') return undefined
  const path = pathOf(route.path)
  if (path === undefined) return undefined
  const { baseUrl, app } = request as ExpressRequest
  if (typeof baseUrl !== 'string' || baseUrl === '') return path
  const mount = mountTemplate(baseUrl, app)
  return path === '/' ? mount : mount + path
}

function pathOf(path: unknown): string | undefined {
  if (typeof path === 'string') return path
  if (path instanceof RegExp) return String(path)
  return Array.isArray(path) ? path.map(String).join(',') : undefined
}

/** A router may be mounted under a path with parameters, and then the request only knows their values. */
function mountTemplate(baseUrl: string, app: ExpressRequest['app']): string {
  const known = templates.get(baseUrl)
  if (known !== undefined) return known
  const template = descend(routerOf(app), baseUrl) ?? baseUrl
  if (templates.size >= mostTemplates) templates.clear()
  templates.set(baseUrl, template)
  return template
}

/** Express 5 throws where version 4's name for the router is asked for, and the other way round. */
function routerOf(app: ExpressRequest['app']): ExpressRouter | undefined {
  for (const name of ['router', '_router'] as const) {
    try {
      const router = app?.[name]
      if (router?.stack !== undefined) return router
    } catch {
      // The other name, then.
    }
  }
  return undefined
}

/** Follows the mounted routers down to the one whose mount path has been used up. */
function descend(router: Partial<ExpressRouter> | undefined, rest: string): string | undefined {
  if (rest === '') return ''
  for (const layer of router?.stack ?? []) {
    if (layer.route !== undefined || layer.handle?.stack === undefined) continue
    const match = matchOf(layer, rest)
    if (match === undefined || !rest.startsWith(match.path)) continue
    const deeper = descend(layer.handle, rest.slice(match.path.length))
    if (deeper !== undefined) return templateOf(match) + deeper
  }
  return undefined
}

function matchOf(layer: ExpressLayer, path: string): Match | undefined {
  const answer = layer.match?.(path)
  if (!answer) return undefined
  const match = (typeof answer === 'object' ? answer : layer) as Match
  return typeof match.path === 'string' && typeof match.params === 'object' ? match : undefined
}

function templateOf({ path, params, pattern }: Match): string {
  if (typeof pattern === 'string') return pattern === '/' ? '' : pattern.replace(/\/+$/, '')
  const names = Object.entries(params).map(([name, value]) => [String(value), name] as const)
  const segments = path.split('/').map((segment) => {
    const found = names.find(([value]) => value === decoded(segment))
    return found === undefined ? segment : `:${found[1]}`
  })
  return segments.join('/')
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
