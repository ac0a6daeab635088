import { Counter } from '../metric/counter.js'
import { Gauge } from '../metric/gauge.js'
import { Histogram } from '../metric/histogram.js'
import type { MetricNaming } from './gunicorn/metric-naming.js'

/** The maximum number of label sets for failed requests in one process; later ones are counted together. */
const maxSeries = 500

/** Returns the families in which workers count their requests, and which the supervisor reads. */
export function requestFamilies(naming: MetricNaming) {
  return {
    requests: new Counter({
      name: `${naming.worker}requests_total`,
      help: 'Requests that a worker answered, failed ones included.',
      labelNames: ['worker_id'] as const,
    }),
    durations: new Histogram({
      name: `${naming.worker}request_duration_seconds`,
      help: 'From the first line of a request to the end of its answer.',
      labelNames: ['worker_id'] as const,
      buckets: naming.buckets,
    }),
    failed: new Counter({
      name: `${naming.worker}failed_requests_total`,
      help: 'Requests that ended with a status of 500 or above, or without an answer.',
      labelNames: ['worker_id', 'method', 'endpoint'] as const,
      maxSeries,
    }),
    errors: new Counter({
      name: `${naming.worker}error_handling_total`,
      help: 'Errors that a worker met, by what they were.',
      labelNames: ['worker_id', 'method', 'endpoint', 'error_type'] as const,
      maxSeries,
    }),
  }
}

/** Returns the family of requests in progress, which can be read while a worker is blocked. */
export function inFlightFamily(naming: MetricNaming) {
  return new Gauge({
    name: `${naming.worker}requests_in_flight`,
    help: 'Requests that a worker is answering at the moment.',
    labelNames: ['worker_id'] as const,
  })
}
