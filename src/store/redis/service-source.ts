import type { Pause, Source, SourceReading } from '../backend.js'
import { inTurn } from './in-turn.js'
import { serviceFamilies } from './service-families.js'
import type { Shelves } from './shelves.js'

/** A source whose readings use the same shelves, one after the other, and show what Redis knows of the service. */
export function sourceOf(shelves: Shelves, read: (pause: Pause) => Promise<SourceReading>): Source {
  const withFamilies = async (pause: Pause): Promise<SourceReading> => {
    const reading = await read(pause)
    return shelves.areRead ? { ...reading, selfFamilies: serviceFamilies(shelves) } : reading
  }
  return { read: inTurn(withFamilies), close() {} }
}
