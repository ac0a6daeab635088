import { exchangeOf, type NodeRequest } from './exchange-of.js'
import type { HttpOptions } from './http-options.js'
import { attempt, type NodeResponse, noteError, RequestTracker } from './request-tracker.js'

/** Express' request is Node's; Fastify's request contains it, and has its own route. */
type AnyRequest = NodeRequest & { readonly raw?: NodeRequest; readonly routeOptions?: { readonly url?: string } }
type AnyResponse = NodeResponse & { readonly raw?: NodeResponse }

/** The methods of Nest's execution context that promhive uses. */
export interface NestContext {
  getType(): string
  switchToHttp(): { getRequest(): unknown; getResponse(): unknown }
}

interface Observer {
  next(value: unknown): void
  error(error: unknown): void
  complete(): void
}

/**
 * The part of an Observable that promhive uses. A new one is created with the class of the given one, so that RxJS is
 * not loaded.
 */
interface ObservableLike {
  subscribe(observer: Observer): unknown
}

type ObservableClass = new (subscribe: (observer: Observer) => unknown) => ObservableLike

/** An interceptor for Nest. */
export class NestMetrics {
  private readonly tracker: RequestTracker

  constructor(options: HttpOptions = {}) {
    this.tracker = new RequestTracker(options)
  }

  // biome-ignore lint/suspicious/noExplicitAny: Nest wants the Observable of its own copy of RxJS back
  intercept(context: NestContext, next: { handle(): any }): any {
    if (context.getType() !== 'http') return next.handle()
    const [request, response] = [context.switchToHttp().getRequest(), context.switchToHttp().getResponse()]
    const raw = (request as AnyRequest).raw ?? (request as NodeRequest)
    this.tracker.track(raw, (response as AnyResponse).raw ?? (response as NodeResponse))
    attempt(() => noteRoute(raw, request as AnyRequest))
    const handled: ObservableLike = next.handle()
    return new (handled.constructor as ObservableClass)((observer) =>
      handled.subscribe({
        next: (value) => observer.next(value),
        error(error) {
          noteError(raw, error)
          observer.error(error)
        },
        complete: () => observer.complete(),
      }),
    )
  }
}

function noteRoute(raw: NodeRequest, { routeOptions }: AnyRequest): void {
  const exchange = exchangeOf(raw)
  if (exchange !== undefined && routeOptions?.url !== undefined) exchange.route = routeOptions.url
}
