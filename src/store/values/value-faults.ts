import type { FamilyDescriptor } from '../../model/descriptor.js'
import { MetricsError, reasonOf } from '../../model/errors.js'

/** Creates the error for a family that cannot be shared as single numbers. */
export function notShared(backend: string, { type, name, ...family }: FamilyDescriptor): MetricsError {
  const what = 'mode' in family ? `a ${type} of mode ${family.mode}` : `a ${type}`
  const text = `${name} is ${what}, which ${backend} cannot share: it keeps one number per series; this process shows its own; use mode sum, livesum or mostrecent`
  return new MetricsError('MODE_FORBIDS', text)
}

/** Creates the error for an engine that failed to store or return numbers. */
export function failed(code: 'FLUSH_FAILED' | 'READ_FAILED', backend: string, cause: unknown): MetricsError {
  const meanwhile =
    code === 'FLUSH_FAILED'
      ? 'could not take what was counted: it is sent again'
      : 'could not be read: the last good numbers serve'
  return new MetricsError(code, `${backend} ${meanwhile} (${reasonOf(cause)})`, { cause })
}
