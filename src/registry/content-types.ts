import { Registry } from './registry.js'

/** The content type of text format 0.0.4. */
export const prometheusContentType = Registry.PROMETHEUS_CONTENT_TYPE

/** The content type of OpenMetrics 1.0, which Prometheus requests. */
export const openMetricsContentType = Registry.OPENMETRICS_CONTENT_TYPE
