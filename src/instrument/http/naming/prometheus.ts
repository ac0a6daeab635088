import { durationBuckets, type Naming, sizeBuckets } from './naming.js'

const answered = { method: 'method', route: 'route', status_code: 'status' } as const
const sized = { method: 'method', route: 'route' } as const

/** Names according to Prometheus' guide, with the labels that middlewares for Node.js commonly use. */
export const prometheus: Naming = {
  abortedStatus: '499',
  server: {
    requests: { name: 'http_requests_total', help: 'HTTP requests answered.', labels: answered },
    duration: {
      name: 'http_request_duration_seconds',
      help: 'Time from the head of an HTTP request to the end of its response.',
      labels: answered,
      buckets: durationBuckets,
    },
    requestSize: {
      name: 'http_request_size_bytes',
      help: 'Size of the bodies of HTTP requests.',
      labels: sized,
      buckets: sizeBuckets,
    },
    responseSize: {
      name: 'http_response_size_bytes',
      help: 'Size of the bodies of HTTP responses.',
      labels: sized,
      buckets: sizeBuckets,
    },
    inFlight: { name: 'http_requests_in_flight', help: 'HTTP requests being answered.', labels: {} },
    aborted: {
      name: 'http_requests_aborted_total',
      help: 'HTTP requests whose connection ended before the response did.',
      labels: sized,
    },
    errors: [
      {
        name: 'http_request_errors_total',
        help: 'HTTP requests that failed: with status 500 and above, or with an error after the headers were sent.',
        labels: { ...sized, error_type: 'errorType' },
      },
    ],
  },
  client: {
    duration: {
      name: 'http_outgoing_request_duration_seconds',
      help: 'Time from an outgoing HTTP request to the end of its response.',
      labels: { method: 'method', host: 'host', status_code: 'status' },
      buckets: durationBuckets,
    },
    inFlight: { name: 'http_outgoing_requests_in_flight', help: 'Outgoing HTTP requests in progress.', labels: {} },
    errors: {
      name: 'http_outgoing_request_errors_total',
      help: 'Outgoing HTTP requests that failed without a whole response, by the type of the error.',
      labels: { method: 'method', host: 'host', error_type: 'errorType' },
    },
  },
}
