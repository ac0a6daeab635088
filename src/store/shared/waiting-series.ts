import type { KnownFamily } from './inheritance.js'

/** A series of this seat by its number in its family, and its first slot. */
export interface SeriesPlace {
  readonly known: KnownFamily
  readonly number: number
  readonly slot: number
}

/**
 * Series of a seat that removals name and that are still in its file, in the order of the removals. A series that was
 * removed by other means meanwhile is passed over, also if another one has its number or its slots by then.
 */
export class WaitingSeries {
  private readonly families: KnownFamily[] = []
  private readonly numbers: number[] = []
  private next = 0
  /** By first slot: 1 for a series that waits. */
  private bySlot = new Uint8Array(1024)
  /** Positions of removals, each with how many series were added for the removals up to there. */
  private readonly ends: { readonly position: number; readonly count: number }[] = []

  /** Whether a position is not passed yet. */
  get any(): boolean {
    return this.ends.length > 0
  }

  has(slot: number): boolean {
    return this.bySlot[slot] === 1
  }

  add({ known, number, slot }: SeriesPlace): void {
    if (slot >= this.bySlot.length) {
      const wider = new Uint8Array(Math.max(slot + 1, this.bySlot.length * 2))
      wider.set(this.bySlot)
      this.bySlot = wider
    }
    this.bySlot[slot] = 1
    this.families.push(known)
    this.numbers.push(number)
  }

  /** The series at this slot is removed. */
  delete(slot: number): void {
    if (this.has(slot)) this.bySlot[slot] = 0
  }

  /** All series were added that removals up to this position name. */
  reach(position: number): void {
    this.ends.push({ position, count: this.numbers.length })
  }

  /** Takes out the next series, at most as many. */
  take(most: number): SeriesPlace[] {
    const taken: SeriesPlace[] = []
    for (; this.next < this.numbers.length && taken.length < most; this.next++) {
      const known = this.families[this.next]!
      const number = this.numbers[this.next]!
      const slot = known.series.slotOf(number)
      if (slot === undefined || !this.has(slot)) continue
      this.bySlot[slot] = 0
      taken.push({ known, number, slot })
    }
    return taken
  }

  /** The last position up to which all series were taken out since the last call; undefined if there is none. */
  passed(): number | undefined {
    const { ends, next } = this
    let count = 0
    while (count < ends.length && ends[count]!.count <= next) count++
    const passed = ends[count - 1]?.position
    ends.splice(0, count)
    if (ends.length === 0 && next === this.numbers.length) {
      this.families.length = 0
      this.numbers.length = 0
      this.next = 0
    }
    return passed
  }
}
