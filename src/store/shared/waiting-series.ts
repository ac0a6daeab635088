import type { InheritedFamily } from './inheritance.js'
import { type RemovedSeatSeries, takeSeries } from './known-families.js'

/** Series of one family that a removal names, by their numbers. */
interface Named {
  readonly known: InheritedFamily
  readonly numbers: readonly number[]
}

/**
 * Series of a seat that removals name and that are still in its file, in the order of the removals. A series that was
 * removed by other means meanwhile is passed over, also if another one has its number or its slots by then.
 */
export class WaitingSeries {
  private named: Named[] = []
  /** The next series that is taken out: where in `named`, and which of its numbers. */
  private next = 0
  private nextNumber = 0
  /** By first slot: 1 for a series that waits. */
  private bySlot = new Uint8Array(1024)
  /** Positions of removals, each with the length that `named` had when all series up to there were added. */
  private readonly ends: { readonly position: number; readonly length: number }[] = []

  /** Whether a position is not passed yet. */
  get any(): boolean {
    return this.ends.length > 0
  }

  has(slot: number): boolean {
    return this.bySlot[slot] === 1
  }

  /** @param isExempt whether the series at a slot does not wait; left out where all of them do */
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

  /** The series at this slot is removed. */
  delete(slot: number): void {
    if (this.has(slot)) this.bySlot[slot] = 0
  }

  /** All series were added that removals up to this position name. */
  reach(position: number): void {
    this.ends.push({ position, length: this.named.length })
  }

  /** Takes out the next series, at most as many, and gives them as they were removed. */
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

  /** The last position up to which all series were taken out since the last call; undefined if there is none. */
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
