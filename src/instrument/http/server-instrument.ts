import type { Exchange, HttpRequest, RouteTemplateSource } from './exchange.js'
import { expressRoute } from './express-route.js'
import { report } from './guard.js'
import { unmatched } from './label-values.js'
import type { ServerMetrics } from './server-metrics.js'

export interface ServerInstrumentOptions {
  /** Returns true for requests that are not counted, such as health checks. */
  readonly ignore?: ((request: HttpRequest) => boolean) | undefined
  /** Returns the template of a request's route if no framework has set it. */
  readonly route?: ((request: HttpRequest) => string | undefined) | undefined
}

/**
 * Decides which exchanges count, and counts them. There is one per process, to which the servers of every protocol
 * report.
 */
export class ServerInstrument {
  /** Whether every request counts, or only those that a middleware tracks. */
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

  /** Makes a process visible that has not answered any request yet. */
  open(): void {
    try {
      for (const metrics of this.metrics) metrics.open()
    } catch (cause) {
      report(cause)
    }
  }

  /** Called when the head of a request has arrived. */
  begun(exchange: Exchange): void {
    if (this.everything) this.measure(exchange)
  }

  /** Counts an exchange in progress; further calls for it do nothing. */
  measure(exchange: Exchange): void {
    if (exchange.measured || this.options.ignore?.(exchange.request!) === true) return
    exchange.measured = true
    for (const metrics of this.metrics) metrics.begun(exchange)
  }

  /** Called when the response has been sent, or never will be. */
  ended(exchange: Exchange): void {
    if (!exchange.measured) return
    exchange.measured = false
    const route = routeText(this.routeOf(exchange))
    for (const metrics of this.metrics) metrics.ended(exchange, route)
  }

  private routeOf({ route, templateSource, request }: Exchange): string {
    if (route !== undefined) return route
    return (
      (templateSource && routeFrom(templateSource)) ?? expressRoute(request!) ?? this.notedRoute(request!) ?? unmatched
    )
  }

  private notedRoute(request: HttpRequest): string | undefined {
    const { route } = this.options
    return route && routeFrom(() => route(request))
  }
}

/**
 * Converts a route, which untyped code may set to a RegExp. If it is not a string, the label is lost, but not the
 * count.
 */
function routeText(route: unknown): string {
  if (typeof route === 'string') return route
  return route instanceof RegExp ? String(route) : unmatched
}

/** Calls a function of the application. If it throws, the label is lost, but not the count. */
function routeFrom(source: RouteTemplateSource): string | undefined {
  try {
    return source()
  } catch (cause) {
    report(cause)
    return undefined
  }
}
