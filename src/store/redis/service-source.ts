import type { Pause, Source, SourceReading } from '../backend.js'
import { inTurn } from './in-turn.js'
import { serviceFamilies } from './service-families.js'
import type { Shelf } from './shelf.js'

/** A source whose readings use one shelf, one after the other, and show what Redis knows of the service. */
export function sourceOf(shelf: Shelf, read: (pause: Pause) => Promise<SourceReading>): Source {
  const withFamilies = async (pause: Pause): Promise<SourceReading> => {
    const reading = await read(pause)
    return shelf.readAt === 0 ? reading : { ...reading, selfFamilies: serviceFamilies(shelf) }
  }
  return { read: inTurn(withFamilies), close() {} }
}
