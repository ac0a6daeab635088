import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { SeriesFilters } from '../../model/series-filters.js'
import type { Pause } from '../contract.js'
import { ignored, opened, removed, type SeriesLog } from '../core/series-log.js'

/** The filters of removals on a family's series; undefined where nothing was removed from it. */
export type FiltersOf = (family: FamilyDescriptor) => Promise<SeriesFilters | undefined>

/** The series of a seat that a reader leaves out, until their writer has removed them. */
export class SeatMask {
  /** Up to where the writer had carried out removals when its log was last followed. */
  carriedOut = 0
  /** First slots of what is left out. */
  private readonly slots = new Set<number>()
  private until = 0

  /** Up to where the writer has carried out removals, or its series are left out for them. */
  get removedUntil(): number {
    return Math.max(this.carriedOut, this.until)
  }

  /** The writer has removed a series: whether that had been left out. */
  delete(slot: number): boolean {
    return this.slots.delete(slot)
  }

  /**
   * Removes from a log what removals name, all of them in one pass, in slices.
   *
   * @param slots no series has slots behind
   * @param until the position behind the last removal; `self` is the seat's own log: removals that it added late do not concern it
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
