import type { Exchange, HttpRequest, RouteTemplateSource } from './exchange.js'
import { expressRoute } from './express-route.js'
import { report } from './guard.js'
import { unmatched } from './label-values.js'
import type { ServerMetrics } from './server-metrics.js'

export interface ServerInstrumentOptions {
  /** Requests that are not counted: health checks, say. */
  readonly ignore?: ((request: HttpRequest) => boolean) | undefined
  /** The template of the route of a request, where no framework noted it. */
  readonly route?: ((request: HttpRequest) => string | undefined) | undefined
}

/** Decides what counts, and counts it. One per process; the servers of every protocol report their exchanges to it. */
export class ServerInstrument {
  /** Whether every request counts, or those that a middleware has picked. */
  everything = false
  readonly measuresSizes: boolean

  constructor(
    private readonly metrics: readonly ServerMetrics[],
    private options: ServerInstrumentOptions,
  ) {
    this.measuresSizes = metrics.some(({ measuresSizes }) => measuresSizes)
  }

  change(options: ServerInstrumentOptions): void {
    this.options = { ...this.options, ...options }
  }

  /** Has a process that answered nothing yet shown too. */
  open(): void {
    try {
      for (const metrics of this.metrics) metrics.open()
    } catch (cause) {
      report(cause)
    }
  }

  /** The head of a request has come. */
  begun(exchange: Exchange): void {
    if (this.everything) this.measure(exchange)
  }

  /** Counts an exchange that is under way, however often it is asked to. */
  measure(exchange: Exchange): void {
    if (exchange.measured || this.options.ignore?.(exchange.request!) === true) return
    exchange.measured = true
    for (const metrics of this.metrics) metrics.begun(exchange)
  }

  /** The response has been handed over, or never will be. */
  ended(exchange: Exchange): void {
    if (!exchange.measured) return
    exchange.measured = false
    const route = routeText(this.routeOf(exchange))
    for (const metrics of this.metrics) metrics.ended(exchange, route)
  }

  private routeOf({ route, templateSource, request }: Exchange): string {
    if (route !== undefined) return route
    return (templateSource && asked(templateSource)) ?? expressRoute(request!) ?? this.notedRoute(request!) ?? unmatched
  }

  private notedRoute(request: HttpRequest): string | undefined {
    const { route } = this.options
    return route && asked(() => route(request))
  }
}

/** A route may come from code without types, as a pattern too. A route that is not a string loses the label, not the count. */
function routeText(route: unknown): string {
  if (typeof route === 'string') return route
  return route instanceof RegExp ? String(route) : unmatched
}

/** If the function fails, the label is lost, but not the count. */
function asked(source: RouteTemplateSource): string | undefined {
  try {
    return source()
  } catch (cause) {
    report(cause)
    return undefined
  }
}
