import type { Log } from '../model/logger.js'
import { monotonicNow } from '../platform/timers.js'
import { secondsSince, workersOf } from './log-texts.js'
import type { Place } from './worker-slot.js'

/**
 * Replaces the workers of all places, one after the other. Ends at the first that fails, and when the supervisor is to stop.
 *
 * @param emitReload calls the hooks of the reload
 */
export async function rollingReload(
  places: ReadonlyMap<number, Place>,
  logger: Log,
  tell: () => Promise<void>,
  isStopping: () => boolean,
): Promise<void> {
  const since = monotonicNow()
  logger.info(`reloading ${workersOf(places.size)}`, { event: 'reload', workers: places.size })
  await tell()
  let reloaded = 0
  for (const place of [...places.values()]) {
    if (isStopping()) return
    if (await place.replace('reload')) reloaded++
    else if (place.worker?.state() === 'running') {
      logger.error('the reload has ended here; the other workers stay as they are')
      return
    }
  }
  const seconds = secondsSince(since)
  const what = reloaded === places.size ? workersOf(reloaded) : `${reloaded} of ${workersOf(places.size)}`
  logger.info(`reloaded ${what}`, { event: 'reloaded', workers: reloaded, seconds })
}
