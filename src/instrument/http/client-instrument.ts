import type { ClientMetrics } from './client-metrics.js'

/** An outgoing request under way. */
interface UnderWay {
  readonly method: string
  readonly origin: string
  readonly since: number
  status: number
  errorType: string | undefined
}

/** Follows outgoing requests from their beginning to their end, by the object that their client has for each. */
export class ClientInstrument {
  private readonly underWay = new WeakMap<object, UnderWay>()

  constructor(private readonly metrics: readonly ClientMetrics[]) {}

  begun(request: object, method: string, origin: string): void {
    this.underWay.set(request, { method, origin, since: performance.now(), status: 0, errorType: undefined })
    for (const metrics of this.metrics) metrics.begun()
  }

  answered(request: object, status: number): void {
    const outgoing = this.underWay.get(request)
    if (outgoing !== undefined) outgoing.status = status
  }

  failed(request: object, errorType: string): void {
    const outgoing = this.underWay.get(request)
    if (outgoing !== undefined) outgoing.errorType = errorType
  }

  /** Once, however often it is told. */
  ended(request: object): void {
    const outgoing = this.underWay.get(request)
    if (outgoing === undefined) return
    this.underWay.delete(request)
    const seconds = (performance.now() - outgoing.since) / 1000
    for (const metrics of this.metrics) metrics.ended({ ...outgoing, seconds })
  }
}
