import { Registry } from '../../registry/registry.js'
import type { OpenMetricsContentType, PrometheusContentType, RegistryContentType } from './types.js'

export const prometheus = Registry.PROMETHEUS_CONTENT_TYPE satisfies PrometheusContentType
export const openMetrics = Registry.OPENMETRICS_CONTENT_TYPE satisfies OpenMetricsContentType

export function isContentType(contentType: unknown): contentType is RegistryContentType {
  return contentType === prometheus || contentType === openMetrics
}

/** Throws for a content type that is neither of the two. */
export function checkContentType(contentType: unknown): void {
  if (!isContentType(contentType)) throw new Error(`Content type ${contentType} is unsupported`)
}
