import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { SeriesKey } from '../../model/series-key.js'

/** What happened to a series: it was opened at a slot, or the series at that slot was removed. */
export const opened = 0
export const removed = 1
/** Said again what had been taken as said. */
export const ignored = 2

/**
 * All that one writer has logged about its series, in order: the names of the numbers. Only grows, so that a reader of
 * it keeps a position. Columns instead of objects: a busy application has a hundred thousand entries per writer.
 *
 * @experimental
 */
export class SeriesLog {
  /** Undefined where the line of a family in a file cannot be read. */
  readonly families: (FamilyDescriptor | undefined)[] = []
  readonly kinds: number[] = []
  /** Index into `families`. */
  readonly familyOf: number[] = []
  /** Index of the first slot in the writer's dense values. */
  readonly slotOf: number[] = []
  readonly keyOf: SeriesKey[] = []
  /** Unix seconds at which the series began. */
  readonly createdAt: number[] = []
  /**
   * By entry: up to which position removals do not apply to the series, because it was opened after them. Left out for a
   * series that was opened while its writer had carried out all of them.
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
}
