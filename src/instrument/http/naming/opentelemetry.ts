import { type Naming, sizeBuckets } from './naming.js'

/** The bounds that the semantic conventions advise. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

const server = {
  http_request_method: 'method',
  http_response_status_code: 'status',
  http_route: 'route',
  url_scheme: 'scheme',
  network_protocol_version: 'version',
  error_type: 'errorType',
} as const

/** OpenTelemetry's semantic conventions for HTTP metrics, as its exporters write them for Prometheus. */
export const opentelemetry: Naming = {
  abortedStatus: '',
  // The conventions omit an unknown route.
  unmatchedRoute: '',
  server: {
    duration: {
      name: 'http_server_request_duration_seconds',
      help: 'Duration of HTTP server requests.',
      labels: server,
      buckets,
    },
    inFlight: {
      name: 'http_server_active_requests',
      help: 'Number of active HTTP server requests.',
      labels: { http_request_method: 'method', url_scheme: 'scheme' },
    },
    requestSize: {
      name: 'http_server_request_body_size_bytes',
      help: 'Size of HTTP server request bodies.',
      labels: server,
      buckets: sizeBuckets,
    },
    responseSize: {
      name: 'http_server_response_body_size_bytes',
      help: 'Size of HTTP server response bodies.',
      labels: server,
      buckets: sizeBuckets,
    },
  },
  client: {
    duration: {
      name: 'http_client_request_duration_seconds',
      help: 'Duration of HTTP client requests.',
      labels: {
        http_request_method: 'method',
        http_response_status_code: 'status',
        server_address: 'host',
        server_port: 'port',
        url_scheme: 'scheme',
        error_type: 'errorType',
      },
      buckets,
    },
    inFlight: {
      name: 'http_client_active_requests',
      help: 'Number of active HTTP client requests.',
      labels: { http_request_method: 'method', server_address: 'host', server_port: 'port', url_scheme: 'scheme' },
    },
  },
}
