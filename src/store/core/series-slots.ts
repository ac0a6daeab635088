import type { FamilyDescriptor } from '../../model/descriptor.js'
import { grown } from '../../model/series-index/hash-chains.js'
import { numbersOf, type SeriesNumbers } from '../../model/series-index/series-numbers.js'
import { type LabelFilter, type SeriesKey, seriesKey } from '../../model/series-key.js'
import type { SeriesRef } from '../../model/series-ref.js'

/**
 * The first slot of each series of a family that a store has. It knows the series by the numbers that the metric counts
 * them under, and keeps no keys: those would take more than all else.
 */
export class SeriesSlots {
  size = 0
  private readonly numbers: SeriesNumbers
  /** By number: one more than the slot, and 0 for a series that is not here. */
  private slots: Int32Array = new Int32Array(8)

  constructor(private readonly family: FamilyDescriptor) {
    this.numbers = numbersOf(family)
  }

  /** The number of a series of this index; 0 for one that is unknown to it. */
  private numberIn(family: FamilyDescriptor, { number, labelValues }: SeriesRef): number {
    return number > 0 && family === this.family ? number : this.numbers.numberOf(labelValues)
  }

  /** The number of a series that is here; 0 for another one. */
  numberOf(family: FamilyDescriptor, series: SeriesRef): number {
    const number = this.numberIn(family, series)
    return this.slots[number] ? number : 0
  }

  get(family: FamilyDescriptor, series: SeriesRef): number | undefined {
    return this.slotOf(this.numberIn(family, series))
  }

  /** @param family the descriptor that the reference belongs to */
  set(family: FamilyDescriptor, series: SeriesRef, slot: number): void {
    let number = this.numberIn(family, series)
    if (number === 0 || !this.slots[number]) {
      number = this.numbers.hold(series.labelValues, number)
      this.size++
    }
    if (number >= this.slots.length) this.slots = grown(this.slots, number + 1)
    this.slots[number] = slot + 1
  }

  delete(family: FamilyDescriptor, series: SeriesRef): void {
    const number = this.numberOf(family, series)
    if (number > 0) this.drop(number)
  }

  /** The numbers of the series that a filter names. */
  named(filter: LabelFilter): number[] {
    if (Object.keys(filter).length > 0)
      return this.numbers.select(filter).filter((number) => (this.slots[number] ?? 0) > 0)
    // All series: there may be a hundred thousand.
    const all: number[] = []
    for (let number = 1; number < this.slots.length; number++) if (this.slots[number]! > 0) all.push(number)
    return all
  }

  /** The slot of the series of a number; undefined where it is not here. */
  slotOf(number: number): number | undefined {
    const slot = this.slots[number] ?? 0
    return slot === 0 ? undefined : slot - 1
  }

  /** Deletes the series of a number; gives its key. */
  takeNumber(number: number): SeriesKey {
    const key = seriesKey(this.numbers.textsOf(number))
    this.drop(number)
    return key
  }

  private drop(number: number): void {
    this.slots[number] = 0
    this.numbers.release(number)
    this.size--
  }

  /** Deletes the series that a filter names; gives each with its slot. */
  take(filter: LabelFilter): [SeriesKey, number][] {
    return this.named(filter).map((number) => {
      const slot = this.slotOf(number)!
      return [this.takeNumber(number), slot]
    })
  }

  /**
   * Each series and its slot. Series that come meanwhile may be among them or not.
   *
   * @param family the descriptor that the references are used with
   */
  *of(family: FamilyDescriptor): IterableIterator<[SeriesRef, number]> {
    const isSame = family === this.family
    for (let number = 1; number < this.slots.length; number++) {
      const slot = this.slots[number]!
      if (slot > 0) yield [{ number: isSame ? number : 0, labelValues: this.numbers.textsOf(number) }, slot - 1]
    }
  }

  /** The slots of all series. */
  *all(): IterableIterator<number> {
    for (let number = 1; number < this.slots.length; number++) {
      const slot = this.slots[number]!
      if (slot > 0) yield slot - 1
    }
  }
}
