import { MetricsError, reasonOf } from '../../model/errors.js'
import { RestorationPending } from './restoration-pending.js'

/** Creates the error for a flush or a reading that failed. */
export function flushFailed(cause: unknown): MetricsError {
  if (cause instanceof MetricsError) return cause
  const why = reasonOf(cause)
  const text =
    cause instanceof RestorationPending
      ? `${why}; until then, counting continues, and the last values that were read are shown`
      : `Redis did not take what was counted (${why}): counting continues, and it is sent when Redis is back`
  return new MetricsError('FLUSH_FAILED', text, { cause })
}

/** Creates the error for the last flush of a process that ends. */
export function countsLost(cause: unknown): MetricsError {
  const text = `Redis did not acknowledge the last flush (${reasonOf(cause)}): what this process has counted since the flush before is lost, unless Redis took it; look for the cause with promhive doctor --redis`
  return new MetricsError('COUNTS_LOST', text, { cause })
}
