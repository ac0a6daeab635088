import type { Counter, CounterChild } from '../../metric/counter.js'
import type { HistogramChild } from '../../metric/histogram.js'
import { monotonicNow } from '../../platform/timers.js'
import type { MetricNaming } from '../gunicorn/metric-naming.js'
import { requestFamilies } from '../request-families.js'
import type { RequestInProgress } from './requests.js'

/** The request metrics of one worker. */
export class RequestMetrics {
  private readonly requests: CounterChild
  private readonly durations: HistogramChild
  private readonly failed: Counter<'worker_id' | 'method' | 'endpoint'>
  private readonly errors: Counter<'worker_id' | 'method' | 'endpoint' | 'error_type'>

  /** @param worker the number of the worker */
  constructor(
    private readonly worker: string,
    naming: MetricNaming,
  ) {
    const { requests, durations, failed, errors } = requestFamilies(naming)
    this.requests = requests.labels({ worker_id: worker })
    this.durations = durations.labels({ worker_id: worker })
    this.failed = failed
    this.errors = errors
    // So that an idle worker is shown too; it continues the counts of its predecessor.
    this.requests.open()
    this.durations.open()
  }

  /** @param fault why the request failed; undefined if it did not */
  ended(exchange: RequestInProgress, fault: string | undefined): void {
    this.requests.inc()
    this.durations.observe((monotonicNow() - exchange.since) / 1000)
    if (fault === undefined) return
    const labels = { worker_id: this.worker, method: exchange.method, endpoint: exchange.endpoint() }
    this.failed.inc(labels)
    this.errors.inc({ ...labels, error_type: fault })
  }

  /** Counts an error that belongs to no request. */
  error(type: string): void {
    this.errors.inc({ worker_id: this.worker, method: '', endpoint: '', error_type: type })
  }
}
