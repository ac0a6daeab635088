import { layoutOf } from '../../model/layout/layout-of.js'
import type { SlotLayout } from '../../model/layout/slot-layout.js'
import type { SeriesRef } from '../../model/series-ref.js'
import type { Slots, Store } from '../contract.js'

/**
 * Moves all counts of one store to another, and makes every child count there. So a process loses nothing if it first
 * counted in memory, or if its directory was removed.
 *
 * @param remains whether values that outlive the process stay in the old store and are shown from there; moving them
 * would count them twice
 * @param only which series move; by default all
 */
export function carryOver(
  from: Store,
  to: Store,
  remains = false,
  only: (series: SeriesRef) => boolean = () => true,
): void {
  const now = Date.now()
  for (const { family, series, slots, createdAt } of from.series(undefined, true)) {
    const layout = layoutOf(family)
    if ((remains && layout.keepsDead) || !only(series)) continue
    if (!layout.keepsDead && !isOwn(layout, slots, now)) continue
    // With its beginning: a later one would look as if the series had begun again, from 0 to its present value.
    const there = to.open(family, series, createdAt)
    layout.carry(there, there.at, slots, slots.at, there.epoch, now)
  }
  Atomics.add(from.gate, 0, 1)
}

/** Whether the series has a value of the current owner, and not only that of a dead owner of the seat. */
function isOwn(layout: SlotLayout, { values, at, epoch }: Slots, now: number): boolean {
  const merged = new Float64Array(layout.mergedWidth)
  layout.combine(merged, 0, values, at, { live: true, epoch, now })
  return layout.present(merged, 0)
}
