import type { MetricsError } from '../model/errors.js'
import { setImmediate } from '../platform/timers.js'
import type { ProcessHome } from './process-context.js'

/**
 * A process that serves the numbers of all is one of the application's processes, though it may count nothing itself: the numbers
 * of those that end are kept for it. After this turn, so that configure() runs first.
 */
export function joinSoon(home: ProcessHome): void {
  setImmediate(() => {
    try {
      home.store()
    } catch (error) {
      home.onError(error as MetricsError)
    }
  }).unref()
}
