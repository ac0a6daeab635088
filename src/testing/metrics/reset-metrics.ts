import { processContext } from '../../runtime/current-context.js'

/**
 * Resets every metric of every registry of this process, in the whole application: labelled series are removed, and metrics
 * without labels are 0 again. Metrics stay registered, and children from `labels()` stay usable.
 *
 * @example beforeEach(() => resetMetrics())
 */
export function resetMetrics(): void {
  for (const members of processContext().registries) for (const metric of members.all()) metric.reset?.()
}
