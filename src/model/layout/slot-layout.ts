/** The slots of one store, as float64 and, over the same bytes, as int32: word `2 * i` is the low half of slot `i`. */
export interface SlotArea {
  readonly values: Float64Array
  readonly words: Int32Array
}

/** The owner of slots that are read. `epoch` counts the owners of a seat; gauges store that of their last writer. */
export interface Owner {
  readonly live: boolean
  readonly epoch: number
  /** Unix milliseconds of the reading: what a sliding window ends at. */
  readonly now: number
}

/**
 * How one type is laid out in float64 slots: the only place where writing and reading agree.
 *
 * A series has `width` slots where it is written and `mergedWidth` where the series of many writers are merged. In a
 * sparse layout these are the maximum: a slot identifies the meaning of the following ones, such as the number of a
 * bucket, and a series uses more of them as needed. All of them are 0 at first, and stores move and clear them
 * together.
 */
export interface SlotLayout {
  readonly width: number
  readonly mergedWidth: number
  /** The slot from which on merging is plain addition; undefined if `combine` merges. */
  readonly additiveFrom: number | undefined
  /** The merged slot from which on values change with time alone; omitted if only counting changes them. */
  readonly agesFrom?: number
  /** Whether slot 0 is a sequence number, which is odd while the writer is between the stores of one record. */
  readonly sequenced: boolean
  /** Whether the slots of a dead writer still count. */
  readonly keepsDead: boolean
  /** Whether every writer has its own series, with the label `worker`. */
  readonly perWriter: boolean
  /** Makes a series belong to the current owner, once per process. Safe to repeat after a crash at any store. */
  claim(area: SlotArea, at: number, epoch: number): void
  /**
   * Adds what the same writer counted in another store to a series that it has claimed here.
   *
   * @param now unix milliseconds
   */
  carry(into: SlotArea, intoAt: number, from: SlotArea, fromAt: number, epoch: number, now: number): void
  /** Replaces a series that the writer has claimed here by what it counted in another store. */
  replace(into: SlotArea, intoAt: number, from: SlotArea, fromAt: number, epoch: number): void
  /**
   * Subtracts what the same writer had when its slots were `before`, because that is counted elsewhere. Omitted for
   * plain addition, where each slot is subtracted, and for values that are never subtracted, such as those of most
   * gauges.
   */
  deduct?(area: SlotArea, at: number, before: Float64Array): void
  /**
   * Changes `now` so that deducting it deducts `before` as well, which was counted elsewhere earlier. By default, `carry`
   * does that.
   */
  together?(now: SlotArea, before: SlotArea): void
  /** Merges the series of one writer into the merged one. */
  combine(into: Float64Array, intoAt: number, from: Float64Array, at: number, owner: Owner): void
  /** Whether the merged series has a value to show. */
  present(merged: Float64Array, at: number): boolean
}

/** Whether a layout subtracts anything when a part of a series is counted elsewhere. */
export function isDeducted({ additiveFrom, deduct }: SlotLayout): boolean {
  return additiveFrom !== undefined || deduct !== undefined
}

/** Subtracts what a series had when its slots were `before`, according to its layout. */
export function deduct(layout: SlotLayout, area: SlotArea, at: number, before: Float64Array): void {
  const { additiveFrom, width } = layout
  if (layout.deduct !== undefined) layout.deduct(area, at, before)
  else if (additiveFrom !== undefined) for (let i = additiveFrom; i < width; i++) area.values[at + i]! -= before[i] ?? 0
}

/** Returns slots that deduct what is counted elsewhere now, and what was counted elsewhere before. */
export function together(layout: SlotLayout, now: Float64Array, before: readonly number[] = []): number[] {
  if (before.length === 0) return [...now]
  if (layout.additiveFrom !== undefined) return Array.from(now, (value, i) => value + (before[i] ?? 0))
  const [into, from] = [areaOf(now), areaOf(Float64Array.from(before))]
  if (layout.together === undefined) layout.carry(into, 0, from, 0, 0, Date.now())
  else layout.together(into, from)
  return [...now]
}

function areaOf(values: Float64Array): SlotArea {
  return { values, words: new Int32Array(values.buffer, values.byteOffset, values.length * 2) }
}

/** The `combine` of every layout that merges by addition. */
export function addSlots(into: Float64Array, intoAt: number, from: Float64Array, at: number, count: number): void {
  for (let i = 0; i < count; i++) into[intoAt + i]! += from[at + i]!
}

/** The `replace` of a record: copies the slots after its sequence number from one store to another. */
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
