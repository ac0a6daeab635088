import { definitionKey, type FamilyDescriptor } from '../../model/descriptor.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import { closeRecord } from '../../model/layout/slot-layout.js'
import { refOfKey, type SeriesRef } from '../../model/series-ref.js'
import type { Segments } from '../core/segments.js'
import { removed, type SeriesLog } from '../core/series-log.js'
import { SeriesSlots } from '../core/series-slots.js'

/** A family that a writer has logged, and its series by key. */
export interface InheritedFamily {
  readonly family: FamilyDescriptor
  /** Number of the family in the series file. */
  readonly index: number
  readonly series: SeriesSlots
  /** Whether no metric of this process counts in it yet. */
  readonly inherited: boolean
}

/**
 * Returns the families and series of a dead owner, from which the next owner continues. Slots of removed series become
 * free again.
 */
export function inherit(log: SeriesLog, segments: Segments): readonly InheritedFamily[] {
  const families = new Map<string, InheritedFamily>()
  for (const [index, family] of log.families.entries()) {
    if (family !== undefined)
      families.set(definitionKey(family), { family, index, series: new SeriesSlots(family), inherited: true })
  }
  const free = new Map<number, number>()
  const holders = new Map<number, { known: InheritedFamily; series: SeriesRef }>()
  for (let i = 0; i < log.length; i++) {
    const family = log.families[log.familyOf[i]!]!
    const known = families.get(definitionKey(family))!
    const [slot, series] = [log.slotOf[i]!, refOfKey(log.keyOf[i]!)]
    const { width } = layoutOf(family)
    // If a line could not be read, the head may state fewer slots than the lines, and two series may name one slot.
    segments.used = Math.max(segments.used, slot + width)
    const holder = holders.get(slot)
    holder?.known.series.delete(holder.known.family, holder.series)
    if (log.kinds[i] === removed) {
      known.series.delete(known.family, series)
      holders.delete(slot)
      free.set(slot, width)
    } else {
      known.series.set(known.family, series, slot)
      holders.set(slot, { known, series })
      free.delete(slot)
    }
  }
  for (const [slot, width] of free) segments.release(slot, width)
  // A record that the dead owner did not finish would make every reader wait for its end.
  for (const { family, series } of families.values()) {
    if (!layoutOf(family).sequenced) continue
    for (const slot of series.all()) {
      const { segment, at } = segments.at(slot)
      closeRecord(segment.words, at)
    }
  }
  return [...families.values()]
}

/** Returns, by first slot, the position up to which removals do not apply to the series there. */
export function openedBehind(log: SeriesLog): ReadonlyMap<number, number> {
  const bySlot = new Map<number, number>()
  if (log.openedBehind.size === 0) return bySlot
  for (let i = 0; i < log.length; i++) {
    const position = log.openedBehind.get(i)
    if (position === undefined) bySlot.delete(log.slotOf[i]!)
    else bySlot.set(log.slotOf[i]!, position)
  }
  return bySlot
}
