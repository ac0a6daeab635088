import { MetricsError } from '../../model/errors.js'

/** The error for what Redis did not take or answer. */
export function flushFailed(cause: unknown): MetricsError {
  if (cause instanceof MetricsError) return cause
  const why = cause instanceof Error ? cause.message : String(cause)
  const text = `Redis did not take what was counted (${why}): counting goes on, and it is sent when Redis is back`
  return new MetricsError('FLUSH_FAILED', text, { cause })
}
