import { Counter, type CounterChild } from '../../metric/counter.js'
import { Histogram, type HistogramChild } from '../../metric/histogram.js'
import type { MetricNaming } from '../metric-naming.js'
import type { Exchange } from './requests.js'

/** Label sets of failed requests that a process may make; beyond them they are counted together. */
const maxSeries = 500

/** What is counted of the requests of one worker. */
export class RequestMetrics {
  private readonly requests: CounterChild
  private readonly durations: HistogramChild
  private readonly failed: Counter<'worker_id' | 'method' | 'endpoint'>
  private readonly errors: Counter<'worker_id' | 'method' | 'endpoint' | 'error_type'>

  /** @param worker its number */
  constructor(
    private readonly worker: string,
    naming: MetricNaming,
  ) {
    this.requests = new Counter({
      name: `${naming.worker}requests_total`,
      help: 'Requests that a worker answered, failed ones included.',
      labelNames: ['worker_id'],
    }).labels({ worker_id: worker })
    this.durations = new Histogram({
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
    this.requests.open()
    this.durations.open()
  }

  /** @param fault why it failed; undefined when it did not */
  ended(exchange: Exchange, fault: string | undefined): void {
    this.requests.inc()
    this.durations.observe((performance.now() - exchange.since) / 1000)
    if (fault === undefined) return
    const labels = { worker_id: this.worker, method: exchange.method, endpoint: exchange.endpoint() }
    this.failed.inc(labels)
    this.errors.inc({ ...labels, error_type: fault })
  }

  /** An error that belongs to no request. */
  error(type: string): void {
    this.errors.inc({ worker_id: this.worker, method: '', endpoint: '', error_type: type })
  }
}
