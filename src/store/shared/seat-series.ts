import type { FamilyDescriptor } from '../../model/descriptor.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import { seriesKey } from '../../model/series-key.js'
import type { SeriesRef } from '../../model/series-ref.js'
import type { SlotRun } from '../core/segments.js'
import { SeriesSlots } from '../core/series-slots.js'
import type { InheritedFamily } from './inheritance.js'
import type { KnownFamilies } from './known-families.js'
import type { Seat } from './seat.js'
import type { SeatRemovals } from './seat-removals.js'
import type { SeriesFile } from './series-file.js'
import { familyLine, openedLine } from './series-lines.js'

export interface SeatSeriesOptions {
  readonly seat: Seat
  readonly families: KnownFamilies
  readonly names: SeriesFile
  readonly removals: SeatRemovals
  /** Called when the disk is full. */
  readonly full: (cause: unknown) => void
}

/** Finds the series of a seat, and opens new ones. */
export class SeatSeries {
  /** @param familyLines the number of families in the series file */
  constructor(
    private readonly options: SeatSeriesOptions,
    private familyLines: number,
  ) {}

  /** Returns the slots of a series; undefined if the seat does not have it, or if it was removed. */
  find(family: FamilyDescriptor, series: SeriesRef): SlotRun | undefined {
    const { families, removals, seat } = this.options
    const counted = families.counted(family)
    if (counted === undefined) return undefined
    const earlier = families.earlierOf(counted)
    const before = earlier?.series.numberOf(family, series) ?? 0
    const holder = before > 0 ? earlier! : counted
    const number = before > 0 ? before : counted.series.numberOf(family, series)
    if (number === 0) return undefined
    const slot = holder.series.slotOf(number)!
    if (removals.names(family, series, slot)) {
      removals.removeNow(holder, number)
      return undefined
    }
    if (holder === earlier) {
      earlier.series.delete(family, series)
      counted.series.set(family, series, slot)
      if (earlier.series.size === 0) families.forgetEarlier(counted)
    }
    return seat.segments.at(slot)
  }

  /**
   * Opens a new series; returns undefined if the disk has no space for it.
   *
   * Slots are written before the line: a reader that sees the line finds them zeroed and claimed.
   *
   * @param createdAt unix seconds at which it began; by default, it begins now
   */
  begin(family: FamilyDescriptor, series: SeriesRef, createdAt = Date.now() / 1000): SlotRun | undefined {
    const { seat, families, removals, full } = this.options
    const { head, segments } = seat
    const layout = layoutOf(family)
    let run: SlotRun
    try {
      run = segments.allocate(layout.width)
    } catch (cause) {
      full(cause)
      return undefined
    }
    layout.claim(run.segment, run.at, head.epoch)
    head.used = segments.used
    const known = families.get(family) ?? this.beginFamily(family)
    const key = seriesKey(series.labelValues)
    const line = known && openedLine(known.index, run.slot, createdAt, key, removals.openingBehind)
    if (known === undefined || !this.append(line!)) {
      segments.release(run.slot, layout.width)
      return undefined
    }
    known.series.set(family, series, run.slot)
    removals.opened(run.slot)
    return run
  }

  private beginFamily(family: FamilyDescriptor): InheritedFamily | undefined {
    const known = { family, index: this.familyLines, series: new SeriesSlots(family), inherited: false }
    if (!this.append(familyLine(known.index, family))) return undefined
    this.familyLines++
    this.options.families.add(known)
    return known
  }

  private append(line: Uint8Array): boolean {
    try {
      this.options.names.append(line)
      return true
    } catch (cause) {
      this.options.full(cause)
      return false
    }
  }
}
