/** The slots of one store, seen as float64 and, over the same bytes, as int32: word `2 * i` is the low half of slot `i`. */
export interface SlotArea {
  readonly values: Float64Array
  readonly words: Int32Array
}

/** The owner of the slots that are read: `epoch` counts the owners that a seat has had, and gauges carry that of their last writer. */
export interface Owner {
  readonly live: boolean
  readonly epoch: number
  /** Unix milliseconds of the reading: what a sliding window ends at. */
  readonly now: number
}

/**
 * How one type is laid out in float64 slots: the only place where writing and reading agree.
 *
 * A series has `width` slots where it is written and `mergedWidth` where the series of many writers are merged. In a sparse
 * layout these are the maximum: a slot says what the slots behind it mean, such as the number of a bucket, and a series
 * takes more of them into use as it needs them. All of them are 0 at first, and stores move and clear them together.
 */
export interface SlotLayout {
  readonly width: number
  readonly mergedWidth: number
  /** From this slot on, merging is plain addition onto the merged slots; undefined where `combine` decides. */
  readonly additiveFrom: number | undefined
  /** From this merged slot on, values change with time alone; left out where only counting changes them. */
  readonly agesFrom?: number
  /** Whether slot 0 holds a sequence number: odd while the writer is between the stores of one record. */
  readonly sequenced: boolean
  /** Whether the slots of a dead writer still count. */
  readonly keepsDead: boolean
  /** Whether every writer keeps a series of its own, with the label `worker`. */
  readonly perWriter: boolean
  /** Makes a series the present owner's, once per process: safe to repeat after a crash at any store. */
  claim(area: SlotArea, at: number, epoch: number): void
  /**
   * Moves what the same writer counted in another store onto a series that it has claimed here.
   *
   * @param now unix milliseconds
   */
  carry(into: SlotArea, intoAt: number, from: SlotArea, fromAt: number, epoch: number, now: number): void
  /** Puts what the same writer counted in another store in the place of a series that it has claimed here. */
  replace(into: SlotArea, intoAt: number, from: SlotArea, fromAt: number, epoch: number): void
  /**
   * Takes off what the same writer had when its slots were `before`, because that is counted elsewhere. Left out for plain
   * addition, where slot by slot is subtracted, and for values that nothing is taken off from, such as a gauge's.
   */
  deduct?(area: SlotArea, at: number, before: Float64Array): void
  /** Adds one writer's series onto the merged one. */
  combine(into: Float64Array, intoAt: number, from: Float64Array, at: number, owner: Owner): void
  /** Whether the merged series has a value to show. */
  present(merged: Float64Array, at: number): boolean
}

/** Whether a layout takes anything off when a part of a series is counted elsewhere. */
export function isDeducted({ additiveFrom, deduct }: SlotLayout): boolean {
  return additiveFrom !== undefined || deduct !== undefined
}

/** Takes off what a series had when its slots were `before`, as its layout does it. */
export function deduct(layout: SlotLayout, area: SlotArea, at: number, before: Float64Array): void {
  const { additiveFrom, width } = layout
  if (layout.deduct !== undefined) layout.deduct(area, at, before)
  else if (additiveFrom !== undefined) for (let i = additiveFrom; i < width; i++) area.values[at + i]! -= before[i] ?? 0
}

/** `combine` of every layout that merges by addition. */
export function addSlots(into: Float64Array, intoAt: number, from: Float64Array, at: number, count: number): void {
  for (let i = 0; i < count; i++) into[intoAt + i]! += from[at + i]!
}

/** `replace` of a record behind its sequence number: slots of one store in the place of those of another. */
export function replaceRecord(into: SlotArea, intoAt: number, from: SlotArea, fromAt: number, width: number): void {
  Atomics.add(into.words, intoAt * 2, 1)
  into.values.set(from.values.subarray(fromAt + 1, fromAt + width), intoAt + 1)
  Atomics.add(into.words, intoAt * 2, 1)
}

/** Makes a record's sequence number even again. */
export function closeRecord(words: Int32Array, at: number): void {
  const sequence = Atomics.load(words, at * 2)
  if (sequence & 1) Atomics.store(words, at * 2, (sequence + 1) | 0)
}
