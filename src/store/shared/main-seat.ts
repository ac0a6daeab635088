import { join } from 'node:path'
import { seatsIn } from './directory.js'
import { states, valuesName } from './format.js'
import { isOfThisProcess } from './process-facts.js'
import { readHead } from './seat.js'

/**
 * Returns the seat of the main thread of this process, from any of its threads; undefined if it has none.
 *
 * @param last the seat that it had before, which is checked first
 */
export function mainSeat(directory: string, last?: number): number | undefined {
  const isMain = (seat: number): boolean => {
    const head = readHead(join(directory, valuesName(seat)))
    if (head === undefined || head.state !== states.ready) return false
    const owner = head.owner()
    return owner.threadId === 0 && isOfThisProcess(owner)
  }
  if (last !== undefined && isMain(last)) return last
  try {
    return seatsIn(directory).find(isMain)
  } catch {
    // The directory was removed; the main thread notices that and creates it again.
    return undefined
  }
}
