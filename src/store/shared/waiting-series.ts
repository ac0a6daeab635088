import type { InheritedFamily } from './inheritance.js'
import { type RemovedSeatSeries, takeSeries } from './known-families.js'

/** The series of one family that a removal names, by their numbers. */
interface Named {
  readonly known: InheritedFamily
  readonly numbers: readonly number[]
}

/**
 * The series of a seat that removals name and that are still in its file, in the order of the removals. A series that
 * was removed otherwise in the meantime is skipped, even if another series has its number or its slots by then.
 */
export class WaitingSeries {
  private named: Named[] = []
  /** The next series to take out: an index into `named`, and an index into its numbers. */
  private next = 0
  private nextNumber = 0
  /** By first slot: 1 for a series that waits. */
  private bySlot = new Uint8Array(1024)
  /** Positions of removals, each with the length of `named` when all series up to that position had been added. */
  private readonly ends: { readonly position: number; readonly length: number }[] = []

  /** Whether there are positions that `passed` has not returned yet. */
  get any(): boolean {
    return this.ends.length > 0
  }

  has(slot: number): boolean {
    return this.bySlot[slot] === 1
  }

  /** @param isExempt whether to skip the series at a slot; by default none is skipped */
  add(known: InheritedFamily, numbers: readonly number[], isExempt?: (slot: number) => boolean): void {
    const { series } = known
    for (const number of numbers) {
      const slot = series.slotOf(number)!
      if (isExempt?.(slot)) continue
      if (slot >= this.bySlot.length) this.grow(slot)
      this.bySlot[slot] = 1
    }
    if (numbers.length > 0) this.named.push({ known, numbers })
  }

  /** Notes that the series at this slot was removed. */
  delete(slot: number): void {
    if (this.has(slot)) this.bySlot[slot] = 0
  }

  /** Notes that all series of the removals up to this position have been added. */
  reach(position: number): void {
    this.ends.push({ position, length: this.named.length })
  }

  /** Takes out the next series, at most `most`, and returns them as removed series. */
  take(most: number): RemovedSeatSeries[] {
    const taken: RemovedSeatSeries[] = []
    while (this.next < this.named.length && taken.length < most) {
      const { known, numbers } = this.named[this.next]!
      const number = numbers[this.nextNumber++]!
      if (this.nextNumber === numbers.length) {
        this.next++
        this.nextNumber = 0
      }
      const slot = known.series.slotOf(number)
      if (slot === undefined || !this.has(slot)) continue
      this.bySlot[slot] = 0
      taken.push(takeSeries(known, number))
    }
    return taken
  }

  /** Returns the last position up to which all series were taken out since the last call; undefined if there is none. */
  passed(): number | undefined {
    const { ends, next } = this
    let count = 0
    while (count < ends.length && ends[count]!.length <= next) count++
    const passed = ends[count - 1]?.position
    ends.splice(0, count)
    if (ends.length === 0 && next === this.named.length) {
      this.named = []
      this.next = 0
    }
    return passed
  }

  private grow(slot: number): void {
    const wider = new Uint8Array(Math.max(slot + 1, this.bySlot.length * 2))
    wider.set(this.bySlot)
    this.bySlot = wider
  }
}
