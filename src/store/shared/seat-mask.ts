import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { SeriesFilters } from '../../model/series-filters.js'
import type { Pause } from '../contract.js'
import { ignored, opened, removed, type SeriesLog } from '../core/series-log.js'

/** Returns the filters of removals on the series of a family; undefined if nothing was removed from it. */
export type FiltersOf = (family: FamilyDescriptor) => Promise<SeriesFilters | undefined>

/** The series of a seat that a reader omits until their writer has removed them. */
export class SeatMask {
  /** The position up to which the writer had carried out removals when its log was last read. */
  carriedOut = 0
  /** The first slots of the omitted series. */
  private readonly slots = new Set<number>()
  private until = 0

  /** The position up to which the writer has carried out removals, or its series are omitted because of them. */
  get removedUntil(): number {
    return Math.max(this.carriedOut, this.until)
  }

  /** Notes that the writer has removed a series; returns whether it had been omitted. */
  delete(slot: number): boolean {
    return this.slots.delete(slot)
  }

  /**
   * Removes the series that removals name from a log: one pass for all of them, in slices.
   *
   * @param slots the end of the slots that series use
   * @param until the position after the last removal; `self` is the seat's own log, to which the removals that it added
   * late do not apply
   */
  async leaveOut(
    log: SeriesLog,
    slots: number,
    filtersOf: FiltersOf,
    { until, self }: { readonly until: number; readonly self: string },
    pause: Pause,
  ): Promise<void> {
    const after = this.removedUntil
    const filters: (SeriesFilters | undefined)[] = []
    for (const family of log.families) filters.push(family && (await filtersOf(family)))
    this.until = Math.max(this.until, until)
    if (filters.every((each) => each === undefined)) return
    // The log is read from its end: the last entry of a slot counts.
    const passed = new Uint8Array(slots)
    for (let i = log.length - 1; i >= 0; i--) {
      if ((i & 1023) === 1023 && pause.due()) await pause.rest()
      const slot = log.slotOf[i]!
      if (log.kinds[i] === ignored || passed[slot] === 1) continue
      passed[slot] = 1
      const family = log.familyOf[i]!
      if (log.kinds[i] !== opened) continue
      const behind = Math.max(after, log.openedBehind.get(i) ?? 0)
      if (!filters[family]?.names(log.keyOf[i]!, behind, self)) continue
      log.append(removed, family, slot, log.keyOf[i]!, 0)
      this.slots.add(slot)
    }
  }
}
