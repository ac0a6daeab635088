import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { SeriesKey } from '../../model/series-key.js'

/** What happened to a series: it was opened at a slot, or the series at that slot was removed. */
export const opened = 0
export const removed = 1
/** A repetition of an earlier entry. */
export const ignored = 2

/**
 * The log of one writer about its series, in order; it names the numbers. It only grows, so a reader can keep a
 * position. It has columns instead of objects, because a busy application has a hundred thousand entries per writer.
 *
 * @experimental
 */
export class SeriesLog {
  /** Undefined for a family whose line in a file cannot be read. */
  readonly families: (FamilyDescriptor | undefined)[] = []
  readonly kinds: number[] = []
  /** Index into `families`. */
  readonly familyOf: number[] = []
  /** Index of the first slot in the writer's dense values. */
  readonly slotOf: number[] = []
  readonly keyOf: SeriesKey[] = []
  /** Unix seconds at which the series was created. */
  readonly createdAt: number[] = []
  /**
   * By entry: the position up to which removals do not apply to the series, because it was opened after them. Omitted
   * if its writer had carried out all removals when it opened the series.
   */
  readonly openedBehind = new Map<number, number>()

  get length(): number {
    return this.kinds.length
  }

  append(kind: number, family: number, slot: number, key: SeriesKey, created: number): void {
    this.kinds.push(kind)
    this.familyOf.push(family)
    this.slotOf.push(slot)
    this.keyOf.push(key)
    this.createdAt.push(created)
  }

  /** Returns when the series began, in unix seconds, by slot. */
  beginnings(): Map<number, number> {
    const { kinds, slotOf, createdAt } = this
    const beginnings = new Map<number, number>()
    for (let i = 0; i < kinds.length; i++) if (kinds[i] === opened) beginnings.set(slotOf[i]!, createdAt[i]!)
    return beginnings
  }
}
