import { monotonicNow } from '../../platform/timers.js'
import type { ClientMetrics } from './client-metrics.js'

/** An outgoing request in progress. */
interface OutgoingRequest {
  readonly method: string
  /** The origin of the request when it began; `origin` is the one that it reached. */
  readonly requestedOrigin: string
  origin: string
  readonly since: number
  status: number
  errorType: string | undefined
  over: boolean
}

/** Follows outgoing requests from their beginning to their end, by the object that the client uses for each. */
export class ClientInstrument {
  private readonly requests = new WeakMap<object, OutgoingRequest>()

  constructor(private readonly metrics: readonly ClientMetrics[]) {}

  /** Whether the beginning of a request was reported, even if it has ended. */
  knows(request: object): boolean {
    return this.requests.has(request)
  }

  begun(request: object, method: string, origin: string): void {
    const since = monotonicNow()
    const exchange = { method, requestedOrigin: origin, origin, since, status: 0, errorType: undefined, over: false }
    this.requests.set(request, exchange)
    for (const metrics of this.metrics) metrics.begun(exchange)
  }

  answered(request: object, status: number, origin?: string): void {
    const outgoing = this.requests.get(request)
    if (outgoing === undefined) return
    outgoing.status = status
    outgoing.origin = origin ?? outgoing.origin
  }

  failed(request: object, errorType: string): void {
    const outgoing = this.requests.get(request)
    if (outgoing !== undefined) outgoing.errorType = errorType
  }

  /** Counts the end of a request once, even if it is reported several times. */
  ended(request: object): void {
    const outgoing = this.requests.get(request)
    if (outgoing === undefined || outgoing.over) return
    outgoing.over = true
    for (const metrics of this.metrics) metrics.left(outgoing)
    // Neither answered nor failed: the connection was upgraded to another protocol.
    if (outgoing.status === 0 && outgoing.errorType === undefined) return
    const seconds = (monotonicNow() - outgoing.since) / 1000
    for (const metrics of this.metrics) metrics.ended({ ...outgoing, seconds })
  }
}
