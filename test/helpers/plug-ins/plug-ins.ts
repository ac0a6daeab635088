import { node24 } from '../processes/node24.js'

/** An application of `test/plug-ins/programs`, which counts with the metrics of a plug-in. */
export interface PlugIn {
  readonly program: string
  /** What the driver asks for. */
  readonly request: string
  /** What each request adds 1 to: the name of the samples, and a part of their labels. */
  readonly counts: Readonly<Record<string, string>>
  /** A gauge that each worker sets to 1. */
  readonly gauge?: string
  readonly node?: string
}

const request = '/buy'
const ofRoute = 'route="/buy"'
const ofPath = 'path="/buy"'
const ofQuery = 'operationType="query"'
const ofFastify = { http_request_duration_seconds_count: ofRoute, http_request_summary_seconds_count: ofRoute }

export const expressPromBundle: PlugIn = {
  program: 'express-prom-bundle.cjs',
  request,
  counts: { http_request_duration_seconds_count: ofPath, http_request_summary_seconds_count: ofPath },
  gauge: 'up',
}

export const nestjsPrometheus: PlugIn = {
  program: 'nestjs-prometheus.cjs',
  request,
  counts: { purchases_total: 'item="book"' },
}

export const plugIns: readonly PlugIn[] = [
  expressPromBundle,
  nestjsPrometheus,
  { program: 'fastify-metrics-13.cjs', request, counts: ofFastify },
  { program: 'fastify-metrics-14.cjs', request, counts: ofFastify, node: node24 },
  {
    program: 'prometheus-api-metrics.cjs',
    request,
    counts: {
      http_request_duration_seconds_count: ofRoute,
      http_request_size_bytes_count: ofRoute,
      http_response_size_bytes_count: ofRoute,
    },
    gauge: 'app_version',
  },
  {
    program: 'promster-express.cjs',
    request,
    counts: {
      http_requests_total: ofPath,
      http_request_duration_seconds_count: ofPath,
      http_request_duration_per_percentile_seconds_count: ofPath,
      http_response_content_length_bytes_count: ofPath,
    },
    gauge: 'nodejs_up',
  },
  {
    program: 'hono-prometheus.mjs',
    request,
    counts: { http_requests_total: ofRoute, http_request_duration_seconds_count: ofRoute },
  },
  {
    program: 'graphql-yoga.mjs',
    request: '/graphql?query=%7Bbuy%7D',
    counts: {
      graphql_envelop_request: ofQuery,
      graphql_envelop_request_time_summary_count: ofQuery,
      graphql_yoga_http_duration_count: ofQuery,
    },
  },
]
