import type { MetricsError } from '../model/errors.js'
import { setImmediate } from '../platform/timers.js'
import type { ProcessContext } from './process-context.js'

/**
 * Joins the application after this turn, so that configure() runs first. A process that serves the numbers of all is
 * one of the application's processes even if it counts nothing, so the numbers of processes that end are kept.
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
