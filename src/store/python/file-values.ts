import { grown } from '../../model/series-index/hash-chains.js'
import type { FileView, FileViews } from '../shared/file-views.js'

/** The values of one file that are shown: where they are in the file, as they were last taken, and the slots they belong to. */
export class FileValues {
  private taken: Float64Array = new Float64Array(0)
  /** Where each value is, in float64 from the beginning of the file. */
  private indexes: Int32Array = new Int32Array(0)
  private slots: Int32Array = new Int32Array(0)
  private count = 0

  /** @param grows whether a value never decreases */
  constructor(private readonly grows: boolean) {}

  /** How many values are shown. */
  get size(): number {
    return this.count
  }

  /** Makes space for so many more values. */
  reserve(more: number): void {
    const length = this.count + more
    if (length <= this.indexes.length) return
    this.indexes = grown(this.indexes, length)
    this.slots = grown(this.slots, length)
    this.taken = grown(this.taken, length)
  }

  /** @param index where the value is, in float64 from the beginning of the file */
  place(slot: number, index: number): void {
    const { count } = this
    if (count === this.indexes.length) this.reserve(Math.max(count, 16))
    this.indexes[count] = index
    this.slots[count] = slot
    this.count++
  }

  /**
   * Places the values of one series.
   *
   * @param slots by value: its slot among those of the series
   * @param indexes by value, from `from` on: where it is
   */
  placeAll(slot: number, slots: readonly number[], indexes: Int32Array, from: number): void {
    this.reserve(slots.length)
    const { indexes: ownIndexes, slots: ownSlots, count } = this
    for (let i = 0; i < slots.length; i++) {
      ownIndexes[count + i] = indexes[from + i]!
      ownSlots[count + i] = slot + slots[i]!
    }
    this.count += slots.length
  }

  /** Copies the values of the file to where they are in it, before they are cleared there. */
  copy(doubles: Float64Array, into: Float64Array): void {
    const { indexes, count } = this
    for (let i = 0; i < count; i++) into[indexes[i]!] = doubles[indexes[i]!]!
  }

  /** Compares the values of the file with those that were last taken: whether one differs, and whether one went back. */
  compare(doubles: Float64Array): 'same' | 'differ' | 'went_back' {
    const { indexes, taken, count, grows } = this
    let result: 'same' | 'differ' = 'same'
    for (let i = 0; i < count; i++) {
      const before = taken[i]!
      const now = doubles[indexes[i]!]!
      if (now === before) continue
      result = 'differ'
      // The only wrong value of a gauge is a zero that its process is about to replace.
      if (grows ? now < before : now === 0) return 'went_back'
    }
    return result
  }

  /**
   * Takes the values of a mapped file, if it has as many bytes of entries as before and no value went back.
   *
   * @returns undefined if the file must be read in another way; nothing is taken then
   */
  takeMapped(view: FileView, end: number, views: FileViews): 'same' | 'changed' | undefined {
    const { indexes, taken, count, grows } = this
    const fresh = views.arrayFor(count)
    if (view.gather(indexes, count, fresh) !== end) return undefined
    let result: 'same' | 'changed' = 'same'
    for (let i = 0; i < count; i++) {
      const before = taken[i]!
      const now = fresh[i]!
      if (now === before) continue
      result = 'changed'
      if (grows ? now < before : now === 0) return undefined
    }
    if (result === 'changed') taken.set(fresh.subarray(0, count))
    return result
  }

  /**
   * Takes the values of the file.
   *
   * @param from how many of them, those that were added first, to skip
   */
  take(doubles: Float64Array, from = 0): void {
    const { indexes, taken, count } = this
    for (let i = from; i < count; i++) taken[i] = doubles[indexes[i]!]!
  }

  /** Adds the values that were taken to their slots. */
  addTo(sums: Float64Array): void {
    const { slots, taken, count } = this
    for (let i = 0; i < count; i++) sums[slots[i]!]! += taken[i]!
  }

  /** Copies the values that were taken to their slots. */
  copyTo(values: Float64Array): void {
    const { slots, taken, count } = this
    for (let i = 0; i < count; i++) values[slots[i]!] = taken[i]!
  }

  /** @param moved by slot, its new number */
  moveSlots(moved: Int32Array): void {
    const { slots, count } = this
    for (let i = 0; i < count; i++) slots[i] = moved[slots[i]!]!
  }
}
