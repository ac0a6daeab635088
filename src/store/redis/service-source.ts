import { backgroundSlice, Slices } from '../../platform/slices.js'
import { setTimeout } from '../../platform/timers.js'
import type { Pause, Source, SourceReading } from '../contract.js'
import { inTurn } from './in-turn.js'
import type { Service } from './service.js'
import { serviceFamilies } from './service-families.js'
import type { ServiceSnapshots } from './service-snapshots.js'

/**
 * The maximum number of attempts of a process that is not scraped to restore what Redis has lost, and the milliseconds
 * between them.
 */
const mostTurns = 40
const between = 1_000

/**
 * Returns a source whose readings use the same snapshots, one after the other, and include families about the service.
 *
 * @param perHost whether the process writes the sums of its host, which are not divided into workers
 */
export function sourceOf(
  service: Service,
  readOf: (snapshots: ServiceSnapshots, pause: Pause) => Promise<SourceReading>,
  perHost = false,
): Source {
  const snapshots = service.snapshots()
  const read = inTurn(async (pause: Pause): Promise<SourceReading> => {
    const reading = await readOf(snapshots, pause)
    const summed = perHost || snapshots.haveHosts
    return { ...reading, summed, ...(snapshots.areRead && { selfFamilies: serviceFamilies(snapshots) }) }
  })
  service.restore = async () => {
    // This process may have to wait for processes with a newer view, and for the one that is restoring.
    for (let turn = 0; turn < mostTurns && snapshots.isAnyRead; turn++) {
      if ((await read(new Slices(backgroundSlice))).reachable !== false) return
      await new Promise<void>((resolve) => setTimeout(resolve, between).unref())
    }
  }
  return { read, close() {} }
}
