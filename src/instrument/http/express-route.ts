import type { HttpRequest } from './exchange.js'
import { type ExpressLayer, matchOf, mountPath, withoutSlash } from './express-layer.js'

/** The properties that Express 4 and 5 add to a request. */
interface ExpressRequest extends HttpRequest {
  readonly baseUrl?: unknown
  readonly originalUrl?: unknown
  readonly route?: { readonly path?: unknown }
  readonly app?: ExpressApplication
}

interface ExpressApplication {
  readonly router?: ExpressRouter
  readonly _router?: ExpressRouter
  /** The parent of a mounted application. */
  readonly parent?: ExpressApplication
  readonly mountpath?: unknown
}

interface ExpressRouter {
  readonly stack: readonly ExpressLayer[]
}

/** The position of a search: a router, and the applications below it that the request has passed. */
interface RouteSearch {
  readonly router: ExpressRouter | undefined
  readonly applications: readonly ExpressApplication[]
  /** The part of the mount path that has not been found yet. */
  readonly rest: string
}

/** Replaces a mount path that is not visible, for example of a router that a function calls. */
const unseen = '/*'

/** By route, or by application if there is none: requested mount paths → their template. */
let templates = new WeakMap<object, Map<string, string>>()
let count = 0
const mostTemplates = 1_000

/**
 * Returns the template of the route that Express chose for a request, or that of the mount if a middleware under a path
 * answered; undefined if there is none. Never contains a part of the request.
 */
export function expressRoute(request: HttpRequest): string | undefined {
  const { route, app } = request as ExpressRequest
  // Undefined if Express has ended without an answer, or with an error.
  const { baseUrl = app === undefined ? undefined : '' } = request as ExpressRequest
  const path = typeof route === 'object' && route !== null ? pathOf(route.path) : undefined
  if (typeof baseUrl !== 'string') return path
  if (path === undefined) {
    return baseUrl === '' || app === undefined ? undefined : mountTemplate(request, baseUrl, undefined)
  }
  const mount = mountTemplate(request, baseUrl, route)
  return path === '/' && mount !== '' ? mount : mount + path
}

function pathOf(path: unknown): string | undefined {
  if (typeof path === 'string') return path
  if (path instanceof RegExp) return String(path)
  return Array.isArray(path) ? path.map(String).join(',') : undefined
}

/**
 * Returns the template of a mount path. A router may be mounted under a path with parameters, of which the request has
 * only the values.
 */
function mountTemplate(request: ExpressRequest, baseUrl: string, route: object | undefined): string {
  const { app, originalUrl } = request
  const key = route ?? app ?? templates
  let known = templates.get(key)
  if (known === undefined) templates.set(key, (known = new Map()))
  const held = known.get(baseUrl)
  if (held !== undefined) return held
  const start = startAt(app, baseUrl)
  let template = route === undefined ? undefined : descend(start, (layer) => layer.route === route, false)
  if (template === undefined && route !== undefined && typeof originalUrl === 'string') {
    // Express forgets the mount path if a router ends with an error or without an answer.
    const found = locate({ ...start, rest: originalUrl.split('?', 1)[0]! }, route)
    if (found !== undefined) return found
  }
  template ??= baseUrl === '' ? '' : guess(start)
  if (count++ >= mostTemplates) forget()
  known.set(baseUrl, template)
  return template
}

function forget(): void {
  templates = new WeakMap()
  count = 0
}

/** Starts in the outermost of the applications that the request has passed. */
function startAt(app: ExpressApplication | undefined, rest: string): RouteSearch {
  const applications: ExpressApplication[] = []
  for (let one = app; one !== undefined && !applications.includes(one); one = one.parent) applications.unshift(one)
  return { router: routerOf(applications[0]), applications: applications.slice(1), rest }
}

/** Each version of Express throws if the property of the other version for its router is read. */
function routerOf(app: unknown): ExpressRouter | undefined {
  for (const name of ['router', '_router'] as const) {
    try {
      const router = (app as ExpressApplication | undefined)?.[name]
      if (Array.isArray(router?.stack)) return router
    } catch {
      // Try the other name.
    }
  }
  return undefined
}

/** Returns the mount of a middleware that may have answered; otherwise of any router, which answers OPTIONS by itself. */
function guess(start: RouteSearch): string {
  return descend(start, isMiddleware, true) ?? descend(start, () => true, false) ?? unseen
}

function isMiddleware({ route, handle }: ExpressLayer): boolean {
  return route === undefined && !Array.isArray((handle as Partial<ExpressRouter> | undefined)?.stack)
}

/**
 * Follows mounts until the mount path is used up, in a router with such a layer; with guessing, also into mounts that
 * are not visible.
 */
function descend(place: RouteSearch, isIt: (layer: ExpressLayer) => boolean, guess: boolean): string | undefined {
  const { router, rest } = place
  if (rest === '' && router?.stack.some(isIt) === true) return ''
  let partly: string | undefined
  for (const layer of router?.stack ?? []) {
    if (layer.route !== undefined) continue
    const match = matchOf(layer, rest)
    if (match === undefined || !rest.startsWith(match.path)) continue
    const template = mountPath(layer, match)
    const below = placeBelow(layer, template, { ...place, rest: rest.slice(match.path.length) })
    const deeper = descend(below, isIt, guess)
    if (deeper !== undefined) return template + deeper
    if (!guess || match.path === '' || below.router !== undefined) continue
    if (below.rest === '') return template
    partly ??= template + unseen
  }
  return partly
}

/** Returns the mount path of the router that has a route, following a complete path. */
function locate(place: RouteSearch, route: object): string | undefined {
  const { router, rest } = place
  if (router?.stack.some((layer) => layer.route === route) === true) return ''
  for (const layer of router?.stack ?? []) {
    const match = layer.route === undefined ? matchOf(layer, rest || '/') : undefined
    if (match === undefined || !rest.startsWith(match.path)) continue
    const template = mountPath(layer, match)
    const below = placeBelow(layer, template, { ...place, rest: rest.slice(match.path.length) })
    const deeper = below.router === undefined ? undefined : locate(below, route)
    if (deeper !== undefined) return template + deeper
  }
  return undefined
}

/** Returns the router or application to which a layer passes requests, if that is visible. */
function placeBelow(layer: ExpressLayer, template: string, { applications, rest }: RouteSearch): RouteSearch {
  const handle = layer.handle as Partial<ExpressRouter> | undefined
  if (Array.isArray(handle?.stack)) return { router: handle as ExpressRouter, applications, rest }
  const [next, ...others] = applications
  // Express mounts an application with a function of this name.
  if (layer.name === 'mounted_app' && next !== undefined && isMountedAt(next, template)) {
    return { router: routerOf(next), applications: others, rest }
  }
  return { router: routerOf(handle), applications, rest }
}

function isMountedAt({ mountpath }: ExpressApplication, template: string): boolean {
  const paths = Array.isArray(mountpath) ? mountpath : [mountpath]
  return template === unseen || paths.some((path) => withoutSlash(String(path)) === template)
}
