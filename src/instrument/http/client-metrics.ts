import type { Counter } from '../../metric/counter.js'
import type { Gauge, GaugeChild } from '../../metric/gauge.js'
import type { Histogram, HistogramChild } from '../../metric/histogram.js'
import { type BoundedValues, methodLabel } from './label-values.js'
import { labelsOf, type NamedFamilies, shows } from './named-family.js'
import type { ClientNaming } from './naming/naming.js'

/** An outgoing request that has ended. */
export interface Outgoing {
  readonly method: string
  /** Scheme, host and port: `https://api.example.com`. */
  readonly origin: string
  /** 0 if there was no response. */
  readonly status: number
  readonly errorType: string | undefined
  readonly seconds: number
}

/** An outgoing request that has begun. */
export interface BegunRequest {
  readonly method: string
  readonly requestedOrigin: string
}

/** The metrics of outgoing requests, under the names of one convention. */
export class ClientMetrics {
  private readonly duration: Histogram<string>
  private readonly inFlight: Gauge<string> | undefined
  /** By method and origin if the convention has labels for them; otherwise a single one. */
  private readonly inFlightBy = new Map<string, GaugeChild>()
  private readonly errors: Counter<string> | undefined
  private readonly labelsHosts: boolean
  /** By method, origin and outcome. */
  private readonly series = new Map<string, HistogramChild>()

  constructor(
    private readonly naming: ClientNaming,
    families: NamedFamilies,
    private readonly hosts: BoundedValues,
    private readonly errorTypes: BoundedValues,
  ) {
    this.duration = families.histogram(naming.duration, 'duration')
    this.inFlight = naming.inFlight && families.gauge(naming.inFlight)
    this.labelsHosts = naming.inFlight !== undefined && shows(naming.inFlight, 'host')
    if (!this.labelsHosts) this.inFlightOf({ method: '', requestedOrigin: '' })
    this.errors = naming.errors && families.counter(naming.errors)
  }

  begun(request: BegunRequest): void {
    this.inFlightOf(request)?.inc()
  }

  /** Counts a request as no longer in progress, whatever its result. */
  left(request: BegunRequest): void {
    this.inFlightOf(request)?.dec()
  }

  ended(outgoing: Outgoing): void {
    const { method, origin, status, errorType, seconds } = outgoing
    const key = `${method} ${status} ${errorType ?? ''} ${origin}`
    const held = this.series.get(key)
    if (held !== undefined && errorType === undefined) held.observe(seconds)
    else this.lookUp(outgoing, key).observe(seconds)
  }

  private inFlightOf({ method, requestedOrigin }: BegunRequest): GaugeChild | undefined {
    const key = this.labelsHosts ? `${method} ${requestedOrigin}` : ''
    const held = this.inFlightBy.get(key)
    if (held !== undefined || this.inFlight === undefined) return held
    const place = this.labelsHosts ? this.placeOf(requestedOrigin) : {}
    const child = this.inFlight.labels(labelsOf(this.naming.inFlight!, { method: methodLabel(method), ...place }))
    if (!this.labelsHosts || (this.hosts.has(requestedOrigin) && methodLabel(method) === method))
      this.inFlightBy.set(key, child)
    return child
  }

  /** Looks up a series the first time; for failed requests each time. */
  private lookUp({ method, origin, status, errorType }: Outgoing, key: string): HistogramChild {
    const facts = {
      method: methodLabel(method),
      ...this.placeOf(origin),
      status: status === 0 ? '' : status,
      errorType: errorType === undefined ? (status >= 400 ? String(status) : '') : this.errorTypes.label(errorType),
    }
    if (this.errors !== undefined && errorType !== undefined) {
      this.errors.labels(labelsOf(this.naming.errors!, facts)).inc()
    }
    const child = this.duration.labels(labelsOf(this.naming.duration, facts))
    if (errorType === undefined && this.hosts.has(origin)) this.series.set(key, child)
    return child
  }

  /**
   * Returns host and port separately if the convention has a label for each, otherwise together as in a `Host` header.
   */
  private placeOf(origin: string): { readonly host: string; readonly port: string; readonly scheme: string } {
    const scheme = origin.slice(0, Math.max(0, origin.indexOf(':')))
    if (this.hosts.label(origin) !== origin) return { host: this.hosts.label(origin), port: '', scheme }
    const { host, hostname, port } = URL.canParse(origin)
      ? new URL(origin)
      : { host: origin, hostname: origin, port: '' }
    const apart = Object.values(this.naming.duration.labels).includes('port')
    return { host: apart ? hostname : host, port: port || (scheme === 'https' ? '443' : '80'), scheme }
  }
}
