import { backgroundSlice, Slices } from '../../runtime/slices.js'
import type { Pause, Source, SourceReading } from '../backend.js'
import { inTurn } from './in-turn.js'
import type { Service } from './service.js'
import { serviceFamilies } from './service-families.js'
import type { Shelves } from './shelves.js'

/** A source whose readings use the same shelves, one after the other, and show what Redis knows of the service. */
export function sourceOf(service: Service, readOf: (shelves: Shelves, pause: Pause) => Promise<SourceReading>): Source {
  const shelves = service.shelves()
  const read = inTurn(async (pause: Pause): Promise<SourceReading> => {
    const reading = await readOf(shelves, pause)
    return shelves.areRead ? { ...reading, selfFamilies: serviceFamilies(shelves) } : reading
  })
  service.restore = async () => shelves.isAnyRead && read(new Slices(backgroundSlice))
  return { read, close() {} }
}
