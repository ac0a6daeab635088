import { closeRecord, replaceRecord, type SlotArea, type SlotLayout } from './slot-layout.js'
import type { WindowRing } from './window-ring.js'

/** The offsets of a windowed summary's slots from its first one. */
export const windowedSlots = { sequence: 0, sum: 1, count: 2, ring: 3 } as const

/**
 * `[sequence][sum][count][ring]`; merged: `[sum][count][bin 0] …`, as a summary without a window.
 *
 * Sum and count are of everything observed and add up. The bins of the merged series are of the window that ends at the moment
 * of the reading: every bucket of every writer that is inside of it.
 */
export function windowedLayout(ring: WindowRing, bins: number): SlotLayout {
  const { sum, count, ring: first } = windowedSlots
  const width = first + ring.width
  const addCounts = (values: Float64Array, at: number, from: Float64Array, fromAt: number, sign: number): void => {
    values[at + sum]! += sign * from[fromAt + sum]!
    values[at + count]! += sign * from[fromAt + count]!
  }
  return {
    width,
    mergedWidth: 2 + bins,
    additiveFrom: undefined,
    agesFrom: 2,
    sequenced: true,
    keepsDead: true,
    perWriter: false,
    // A writer that was killed inside a record leaves it odd: sum, count and bins may differ by that one observation.
    claim: (area, at) => closeRecord(area.words, at),
    carry: (into, intoAt, from, fromAt, _epoch, now) =>
      record(into, intoAt, () => {
        addCounts(into.values, intoAt, from.values, fromAt, 1)
        ring.merge(into, intoAt + first, from, fromAt + first, now)
      }),
    replace: (into, intoAt, from, fromAt) => replaceRecord(into, intoAt, from, fromAt, width),
    deduct: (area, at, before) =>
      record(area, at, () => {
        addCounts(area.values, at, before, 0, -1)
        ring.deduct(area, at + first, before, first)
      }),
    combine(into, intoAt, from, at, { now }) {
      into[intoAt]! += from[at + sum]!
      into[intoAt + 1]! += from[at + count]!
      ring.addTo(into, intoAt + 2, from, at + first, now)
    },
    present: () => true,
  }
}

function record({ words }: SlotArea, at: number, change: () => void): void {
  Atomics.add(words, at * 2, 1)
  change()
  Atomics.add(words, at * 2, 1)
}
