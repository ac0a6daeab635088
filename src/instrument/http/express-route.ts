import type { HttpRequest } from './exchange.js'
import { type ExpressLayer, matchOf, mountPath, withoutSlash } from './express-layer.js'

/** What Express puts on a request, in versions 4 and 5. */
interface ExpressRequest extends HttpRequest {
  readonly baseUrl?: unknown
  readonly originalUrl?: unknown
  readonly route?: { readonly path?: unknown }
  readonly app?: ExpressApplication
}

interface ExpressApplication {
  readonly router?: ExpressRouter
  readonly _router?: ExpressRouter
  /** Of an application that is mounted in another one. */
  readonly parent?: ExpressApplication
  readonly mountpath?: unknown
}

interface ExpressRouter {
  readonly stack: readonly ExpressLayer[]
}

/** Where a search stands: in a router, with the applications below it that the request has been handed to. */
interface RouteSearch {
  readonly router: ExpressRouter | undefined
  readonly applications: readonly ExpressApplication[]
  /** What of the mount path has not been found yet. */
  readonly rest: string
}

/** Stands for what was mounted in a way that cannot be seen: a router that a function calls, say. */
const unseen = '/*'

/** By the route, or the application where there is none: mount paths as they were asked for → their template. */
let templates = new WeakMap<object, Map<string, string>>()
let count = 0
const mostTemplates = 1_000

/**
 * The template of the route that Express chose for a request; that of the mount where a middleware under a path answered.
 * Undefined when it chose none, or is not there. Never a word of the request.
 */
export function expressRoute(request: HttpRequest): string | undefined {
  const { route, app } = request as ExpressRequest
  // Gone when Express has come to its end without an answer, or with an error.
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

/** A router may be mounted under a path with parameters, and then the request only knows their values. */
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
    // Express forgets the mount path where an error, or nothing, leaves a router.
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

/** In the outermost of the applications that a request has been handed to. */
function startAt(app: ExpressApplication | undefined, rest: string): RouteSearch {
  const applications: ExpressApplication[] = []
  for (let one = app; one !== undefined && !applications.includes(one); one = one.parent) applications.unshift(one)
  return { router: routerOf(applications[0]), applications: applications.slice(1), rest }
}

/** Express 5 throws when version 4's property for the router is read, and the other way round. */
function routerOf(app: unknown): ExpressRouter | undefined {
  for (const name of ['router', '_router'] as const) {
    try {
      const router = (app as ExpressApplication | undefined)?.[name]
      if (Array.isArray(router?.stack)) return router
    } catch {
      // The other name, then.
    }
  }
  return undefined
}

/** Where a middleware may have answered; else any router, which answers OPTIONS by itself. */
function guess(start: RouteSearch): string {
  return descend(start, isMiddleware, true) ?? descend(start, () => true, false) ?? unseen
}

function isMiddleware({ route, handle }: ExpressLayer): boolean {
  return route === undefined && !Array.isArray((handle as Partial<ExpressRouter> | undefined)?.stack)
}

/**
 * Follows what is mounted down to where the mount path has been used up, in a router with such a layer; by guess, also to
 * what cannot be looked into.
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

/** The mount path of the router that has a route, on the way that a whole path takes. */
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

/** What a layer hands requests to, where that can be seen: a router, or an application. */
function placeBelow(layer: ExpressLayer, template: string, { applications, rest }: RouteSearch): RouteSearch {
  const handle = layer.handle as Partial<ExpressRouter> | undefined
  if (Array.isArray(handle?.stack)) return { router: handle as ExpressRouter, applications, rest }
  const [next, ...others] = applications
  // Express mounts an application by a function of this name.
  if (layer.name === 'mounted_app' && next !== undefined && isMountedAt(next, template)) {
    return { router: routerOf(next), applications: others, rest }
  }
  return { router: routerOf(handle), applications, rest }
}

function isMountedAt({ mountpath }: ExpressApplication, template: string): boolean {
  const paths = Array.isArray(mountpath) ? mountpath : [mountpath]
  return template === unseen || paths.some((path) => withoutSlash(String(path)) === template)
}
