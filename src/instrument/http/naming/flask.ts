import { durationBuckets, type Naming } from './naming.js'

/** The names of the middleware in the well-known Flask examples. */
export const flask: Naming = {
  abortedStatus: '499',
  server: {
    requests: {
      name: 'request_count',
      help: 'Requests answered.',
      labels: { method: 'method', endpoint: 'route', http_status: 'status' },
    },
    duration: {
      name: 'request_latency_seconds',
      help: 'Time to answer a request.',
      labels: { endpoint: 'route' },
      buckets: durationBuckets,
    },
  },
}
