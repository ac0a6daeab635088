import type { FamilyDescriptor } from '../../model/descriptor.js'
import { grown } from '../../model/series-index/hash-chains.js'
import { numbersOf, type SeriesNumbers } from '../../model/series-index/series-numbers.js'
import { type LabelFilter, type SeriesKey, seriesKey } from '../../model/series-key.js'
import type { SeriesRef } from '../../model/series-ref.js'

/**
 * The first slot of each series of a family in a store. It identifies series by the numbers that the metric uses, and
 * stores no keys, which would take more memory than everything else.
 */
export class SeriesSlots {
  size = 0
  private readonly numbers: SeriesNumbers
  /** By number: the slot plus 1, and 0 for a series that is not here. */
  private slots: Int32Array = new Int32Array(8)

  constructor(private readonly family: FamilyDescriptor) {
    this.numbers = numbersOf(family)
  }

  /** Returns the number of a series in this index; 0 if the index does not have it. */
  private numberIn(family: FamilyDescriptor, { number, labelValues }: SeriesRef): number {
    return number > 0 && family === this.family ? number : this.numbers.numberOf(labelValues)
  }

  /** Returns the number of a series that is here; otherwise 0. */
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

  /** Returns the numbers of the series that a filter names. */
  named(filter: LabelFilter): number[] {
    if (Object.keys(filter).length > 0)
      return this.numbers.select(filter).filter((number) => (this.slots[number] ?? 0) > 0)
    // Without a filter: there may be a hundred thousand series.
    const all: number[] = []
    for (let number = 1; number < this.slots.length; number++) if (this.slots[number]! > 0) all.push(number)
    return all
  }

  /** Returns the slot of the series with this number; undefined if it is not here. */
  slotOf(number: number): number | undefined {
    const slot = this.slots[number] ?? 0
    return slot === 0 ? undefined : slot - 1
  }

  /** Deletes the series with this number; returns its key. */
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

  /** Deletes the series that a filter names; returns each with its slot. */
  take(filter: LabelFilter): [SeriesKey, number][] {
    return this.named(filter).map((number) => {
      const slot = this.slotOf(number)!
      return [this.takeNumber(number), slot]
    })
  }

  /**
   * Iterates over the series and their slots. Series that are added meanwhile may be included or not.
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

  /** Iterates over the slots of all series. */
  *all(): IterableIterator<number> {
    for (let number = 1; number < this.slots.length; number++) {
      const slot = this.slots[number]!
      if (slot > 0) yield slot - 1
    }
  }
}
