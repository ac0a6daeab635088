import { layoutOf } from '../../model/layout/layout-of.js'
import type { SlotLayout } from '../../model/layout/slot-layout.js'
import type { Slots, Store } from '../contract.js'

/**
 * Moves all that one store has counted to another, and sends every child there: a process that counted in memory before
 * it knew of others, or whose directory was removed, loses nothing.
 *
 * @param remains whether what outlives its process stays where it is, and is shown from there: it would count twice
 */
export function carryOver(from: Store, to: Store, remains = false): void {
  const now = Date.now()
  for (const { family, series, slots } of from.series()) {
    const layout = layoutOf(family)
    if (remains && layout.keepsDead) continue
    if (!layout.keepsDead && !isOwn(layout, slots, now)) continue
    const there = to.open(family, series)
    layout.carry(there, there.at, slots, slots.at, there.epoch, now)
  }
  Atomics.add(from.gate, 0, 1)
}

/** Whether the series has a value of the present owner, and not only what a dead owner of the seat left there. */
function isOwn(layout: SlotLayout, { values, at, epoch }: Slots, now: number): boolean {
  const merged = new Float64Array(layout.mergedWidth)
  layout.combine(merged, 0, values, at, { live: true, epoch, now })
  return layout.present(merged, 0)
}
