import type { Naming } from './naming.js'

/** The names that gunicorn's Prometheus exporter uses for the requests of its workers. */
export const gunicorn: Naming = {
  abortedStatus: '499',
  server: {
    requests: {
      name: 'gunicorn_worker_requests_total',
      help: 'Total number of requests handled by this worker',
      labels: { worker_id: 'worker' },
    },
    duration: {
      name: 'gunicorn_worker_request_duration_seconds',
      help: 'Request duration in seconds',
      labels: { worker_id: 'worker' },
      buckets: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60],
    },
    errors: [
      {
        name: 'gunicorn_worker_failed_requests_total',
        help: 'Total number of failed requests handled by this worker',
        labels: { worker_id: 'worker', method: 'method', endpoint: 'route' },
      },
      {
        name: 'gunicorn_worker_error_handling_total',
        help: 'Total number of errors handled by this worker',
        labels: { worker_id: 'worker', method: 'method', endpoint: 'route', error_type: 'errorType' },
      },
    ],
  },
}
