import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Counter } from '../../metric/counter.js'
import { Histogram } from '../../metric/histogram.js'
import type { MetricNaming } from '../metric-naming.js'

/** What the channel of node:http says when a request has come in. */
interface RequestStart {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** A request that a framework has found a route for: Express tells it so. */
interface RoutedRequest extends IncomingMessage {
  readonly baseUrl?: string
  readonly route?: { readonly path?: unknown }
}

/** Where a request goes that no route is known for: never its raw path, which would make a series of its own. */
const unknownEndpoint = 'unknown'

/** Label sets of failed requests that a process may make; beyond them they are counted together. */
const maxSeries = 500

/** Counts the requests of this worker, over http and https, as node:http publishes them. */
export class Requests {
  private readonly open = new Map<ServerResponse, { readonly request: IncomingMessage; readonly since: number }>()
  private readonly failed: Counter<'worker_id' | 'method' | 'endpoint'>
  private readonly errors: Counter<'worker_id' | 'method' | 'endpoint' | 'error_type'>
  private closing = false
  private answered = 0

  /**
   * @param worker its number
   * @param onAnswered told how many requests were answered so far
   */
  constructor(
    private readonly worker: string,
    naming: MetricNaming,
    onAnswered: (answered: number) => void,
  ) {
    const requests = new Counter({
      name: `${naming.worker}requests_total`,
      help: 'Requests that a worker answered, failed ones included.',
      labelNames: ['worker_id'],
    }).labels({ worker_id: worker })
    const durations = new Histogram({
      name: `${naming.worker}request_duration_seconds`,
      help: 'From the first line of a request to the end of its answer.',
      labelNames: ['worker_id'],
      buckets: naming.buckets,
    }).labels({ worker_id: worker })
    this.failed = new Counter({
      name: `${naming.worker}failed_requests_total`,
      help: 'Requests that ended with a status of 500 or above, or without an answer.',
      labelNames: ['worker_id', 'method', 'endpoint'],
      maxSeries,
    })
    this.errors = new Counter({
      name: `${naming.worker}error_handling_total`,
      help: 'Errors that a worker met, by what they were.',
      labelNames: ['worker_id', 'method', 'endpoint', 'error_type'],
      maxSeries,
    })
    // An idle worker is there too; what the one before it counted goes on.
    requests.inc(0)
    durations.open()
    subscribe('http.server.request.start', (message) => {
      const { request, response } = message as RequestStart
      const since = performance.now()
      this.open.set(response, { request, since })
      if (this.closing) closeAfter(response)
      response.once('close', () => {
        // A request that an uncaught exception ended has been counted.
        if (!this.open.delete(response)) return
        requests.inc()
        durations.observe((performance.now() - since) / 1000)
        const fault = faultOf(response)
        if (fault !== undefined) this.fail(request, fault)
        onAnswered(++this.answered)
      })
    })
    process.on('uncaughtExceptionMonitor', (error) => {
      const type = error instanceof Error ? error.name : 'Error'
      // Where the application handles it, its requests may still be answered.
      const dies = process.listenerCount('uncaughtException') === 0
      if (!dies || this.open.size === 0) return this.error(undefined, type)
      for (const { request, since } of this.open.values()) {
        requests.inc()
        durations.observe((performance.now() - since) / 1000)
        this.fail(request, type)
      }
      this.open.clear()
    })
  }

  /** From now on every answer ends its connection: the client's next request goes to another worker. */
  closeConnections(): void {
    this.closing = true
    for (const response of this.open.keys()) closeAfter(response)
  }

  private fail(request: IncomingMessage, type: string): void {
    const labels = { worker_id: this.worker, method: request.method ?? '', endpoint: endpointOf(request) }
    this.failed.inc(labels)
    this.error(request, type)
  }

  private error(request: IncomingMessage | undefined, type: string): void {
    const [method, endpoint] = request === undefined ? ['', ''] : [request.method ?? '', endpointOf(request)]
    this.errors.inc({ worker_id: this.worker, method, endpoint, error_type: type })
  }
}

function closeAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close')
}

function faultOf(response: ServerResponse): string | undefined {
  if (!response.writableFinished) return 'aborted'
  return response.statusCode >= 500 ? `http_${response.statusCode}` : undefined
}

/** The route as the application wrote it. */
function endpointOf(request: IncomingMessage): string {
  const { baseUrl = '', route } = request as RoutedRequest
  return typeof route?.path === 'string' ? `${baseUrl}${route.path}` : unknownEndpoint
}
