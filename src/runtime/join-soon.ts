import type { MetricsError } from '../model/errors.js'
import { setImmediate } from '../platform/timers.js'
import type { ProcessContext } from './process-context.js'

/**
 * A process that serves the numbers of all is one of the application's processes, though it may count nothing itself: the numbers
 * of those that end are kept for it. After this turn, so that configure() runs first.
 */
export function joinSoon(context: ProcessContext): void {
  setImmediate(() => {
    try {
      context.store()
    } catch (error) {
      context.onError(error as MetricsError)
    }
  }).unref()
}
