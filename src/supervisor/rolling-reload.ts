import type { Log } from '../model/logger.js'
import { monotonicNow } from '../platform/timers.js'
import { secondsSince, workersOf } from './log-texts.js'
import type { WorkerSlot } from './worker-slot.js'

/**
 * Replaces the workers of all slots, one after the other. Ends at the first failure, and when the supervisor stops.
 *
 * @param emitReload calls the hooks of `reload`
 */
export async function rollingReload(
  slots: ReadonlyMap<number, WorkerSlot>,
  logger: Log,
  emitReload: () => Promise<void>,
  isStopping: () => boolean,
): Promise<void> {
  const since = monotonicNow()
  logger.info(`reloading ${workersOf(slots.size)}`, { event: 'reload', workers: slots.size })
  await emitReload()
  let reloaded = 0
  for (const slot of [...slots.values()]) {
    if (isStopping()) return
    if (await slot.replace('reload')) reloaded++
    else if (slot.worker?.state() === 'running') {
      logger.error('the reload has ended here; the other workers stay as they are')
      return
    }
  }
  const seconds = secondsSince(since)
  const what = reloaded === slots.size ? workersOf(reloaded) : `${reloaded} of ${workersOf(slots.size)}`
  logger.info(`reloaded ${what}`, { event: 'reloaded', workers: reloaded, seconds })
}
