import type { Counter, CounterChild } from '../../metric/counter.js'
import type { Gauge, GaugeChild } from '../../metric/gauge.js'
import type { Histogram, HistogramChild } from '../../metric/histogram.js'
import { type Exchange, schemeOf, versionOf } from './exchange.js'
import { type BoundedValues, methodLabel, unmatched } from './label-values.js'
import { type ExchangeFacts, labelsOf, type NamedFamilies, shows } from './named-family.js'
import type { NamedFamily, Naming } from './naming/naming.js'
import { workerNumber } from './worker-number.js'

/** The children for one kind of exchange, stored so that counting is arithmetic. */
interface Series {
  readonly requests: CounterChild | undefined
  readonly duration: HistogramChild | undefined
  readonly requestSize: HistogramChild | undefined
  readonly responseSize: HistogramChild | undefined
}

type ByStatus = Map<number | string, Series>
type ByRoute = Map<string, ByStatus>
type ByMethod = Map<string, ByRoute>

/** The metrics of a server, under the names of one convention. */
export class ServerMetrics {
  private readonly requests: Counter<string> | undefined
  private readonly duration: Histogram<string> | undefined
  private readonly requestSize: Histogram<string> | undefined
  private readonly responseSize: Histogram<string> | undefined
  private readonly inFlight: Gauge<string> | undefined
  private readonly aborted: Counter<string> | undefined
  private readonly errors: readonly (readonly [NamedFamily, Counter<string>])[]
  /** By method, route and status; one tree for each transport if that is a label. */
  private readonly trees: ByMethod[] = []
  private readonly inFlightBy: Map<string, GaugeChild>[] = []
  private readonly labelsTransports: boolean
  private readonly labelsErrors: boolean
  /** The gauge of a convention without labels. */
  private readonly onlyInFlight: GaugeChild | undefined

  constructor(
    private readonly naming: Naming,
    families: NamedFamilies,
    private readonly routes: BoundedValues,
    private readonly errorTypes: BoundedValues,
  ) {
    const { requests, duration, requestSize, responseSize, inFlight, aborted, errors = [] } = naming.server
    this.requests = requests && families.counter(requests)
    this.duration = duration && families.histogram(duration, 'duration')
    this.requestSize = requestSize && families.histogram(requestSize, 'size')
    this.responseSize = responseSize && families.histogram(responseSize, 'size')
    this.inFlight = inFlight && families.gauge(inFlight)
    this.aborted = aborted && families.counter(aborted)
    this.errors = errors.map((family) => [family, families.counter(family)] as const)
    const all = [requests, duration, requestSize, responseSize, inFlight].filter((family) => family !== undefined)
    this.labelsTransports = all.some((family) => shows(family, 'scheme', 'version'))
    this.labelsErrors = all.some((family) => shows(family, 'errorType'))
    if (inFlight !== undefined && Object.keys(inFlight.labels).length === 0)
      this.onlyInFlight = this.inFlight!.labels({})
  }

  get measuresSizes(): boolean {
    return this.requestSize !== undefined || this.responseSize !== undefined
  }

  /**
   * Creates the series of families whose only label is the process, so that a process is visible before its first
   * request.
   */
  open(): void {
    const { requests, duration } = this.naming.server
    if (requests !== undefined && labelsWorkersOnly(requests))
      this.requests!.labels(labelsOf(requests, ownFacts)).open()
    if (duration !== undefined && labelsWorkersOnly(duration))
      this.duration!.labels(labelsOf(duration, ownFacts)).open()
  }

  begun(exchange: Exchange): void {
    if (this.inFlight !== undefined) this.inFlightOf(exchange).inc()
  }

  ended(exchange: Exchange, route: string): void {
    if (this.inFlight !== undefined) this.inFlightOf(exchange).dec()
    const { requests, duration, requestSize, responseSize } = this.seriesOf(exchange, route)
    requests?.inc()
    duration?.observe(exchange.seconds)
    if (exchange.requestSize >= 0) requestSize?.observe(exchange.requestSize)
    if (exchange.responseSize >= 0) responseSize?.observe(exchange.responseSize)
    if (exchange.aborted) this.aborted?.labels(labelsOf(this.naming.server.aborted!, this.facts(exchange, route))).inc()
    if (exchange.failed) this.countError(exchange, route)
  }

  private countError(exchange: Exchange, route: string): void {
    if (this.errors.length === 0) return
    const facts = this.facts(exchange, route)
    for (const [family, counter] of this.errors) counter.labels(labelsOf(family, facts)).inc()
  }

  private inFlightOf(exchange: Exchange): GaugeChild {
    if (this.onlyInFlight !== undefined) return this.onlyInFlight
    const tree = (this.inFlightBy[this.treeOf(exchange)] ??= new Map())
    const method = methodLabel(exchange.method)
    let child = tree.get(method)
    if (child === undefined) {
      child = this.inFlight!.labels(labelsOf(this.naming.server.inFlight!, this.facts(exchange, '')))
      tree.set(method, child)
    }
    return child
  }

  private treeOf({ transport }: Exchange): number {
    return this.labelsTransports ? transport : 0
  }

  private seriesOf(exchange: Exchange, route: string): Series {
    const { method } = exchange
    const key = this.statusKey(exchange)
    return this.trees[this.treeOf(exchange)]?.get(method)?.get(route)?.get(key) ?? this.addSeries(exchange, route, key)
  }

  private statusKey(exchange: Exchange): number | string {
    if (!this.labelsErrors || !hasErrorType(exchange)) return exchange.status
    return `${exchange.status} ${this.errorTypeOf(exchange)}`
  }

  /** Only series with label values below the limit are stored; the others are looked up each time. */
  private addSeries(exchange: Exchange, routeTemplate: string, key: number | string): Series {
    const method = methodLabel(exchange.method)
    const route = this.routes.label(routeTemplate)
    const byMethod = (this.trees[this.treeOf(exchange)] ??= new Map())
    const byRoute = entry(byMethod, method, () => new Map<string, ByStatus>())
    const byStatus = entry(byRoute, route, () => new Map<number | string, Series>())
    return entry(byStatus, key, () => this.makeSeries(this.facts(exchange, route)))
  }

  private makeSeries(facts: ExchangeFacts): Series {
    const { requests, duration, requestSize, responseSize } = this.naming.server
    return {
      requests: requests && this.requests!.labels(labelsOf(requests, facts)),
      duration: duration && this.duration!.labels(labelsOf(duration, facts)),
      requestSize: requestSize && this.requestSize!.labels(labelsOf(requestSize, facts)),
      responseSize: responseSize && this.responseSize!.labels(labelsOf(responseSize, facts)),
    }
  }

  private facts(exchange: Exchange, route: string): ExchangeFacts {
    const { status, transport } = exchange
    return {
      method: methodLabel(exchange.method),
      route: route === unmatched ? (this.naming.unmatchedRoute ?? unmatched) : this.routes.label(route),
      status: exchange.aborted && status === 0 ? this.naming.abortedStatus : status,
      scheme: schemeOf(transport),
      version: versionOf(transport),
      errorType: hasErrorType(exchange) ? this.errorTypeOf(exchange) : undefined,
      get worker() {
        return workerNumber()
      },
    }
  }

  /** Without a known error, the type is the status, as in OpenTelemetry. */
  private errorTypeOf({ failed, aborted, errorType, status }: Exchange): string {
    if (failed && errorType !== undefined) return this.errorTypes.label(errorType)
    return aborted ? 'aborted' : this.errorTypes.label(String(status))
  }
}

const ownFacts: ExchangeFacts = {
  get worker() {
    return workerNumber()
  },
}

function labelsWorkersOnly({ labels }: NamedFamily): boolean {
  const facts = Object.values(labels)
  return facts.length === 1 && facts[0] === 'worker'
}

function hasErrorType({ aborted, failed }: Exchange): boolean {
  return aborted || failed
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = make()))
  return value
}
