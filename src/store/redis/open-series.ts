import type { Pause } from '../contract.js'
import { opened, removed, type SeriesLog } from '../core/series-log.js'

/** Returns the first slot and the position in the log of every open series. */
export async function openSeries(log: SeriesLog, pause: Pause): Promise<Map<number, number>> {
  const open = new Map<number, number>()
  for (let i = 0; i < log.length; i++) {
    if (log.kinds[i] === opened) open.set(log.slotOf[i]!, i)
    else if (log.kinds[i] === removed) open.delete(log.slotOf[i]!)
    if ((i & 255) === 255 && pause.due()) await pause.rest()
  }
  return open
}
