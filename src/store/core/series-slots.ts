import type { FamilyDescriptor } from '../../model/descriptor.js'
import { grown } from '../../model/series-index/hash-chains.js'
import { numbersOf, type SeriesNumbers } from '../../model/series-index/series-numbers.js'
import { type LabelFilter, labelValuesOf, type SeriesKey, seriesKey } from '../../model/series-key.js'

/**
 * The first slot of each series of a family that a store has. It knows the series by the numbers that the metric counts
 * them under, and keeps no keys: those would take more than all else.
 */
export class SeriesSlots {
  size = 0
  private numbers: SeriesNumbers
  /** By number: one more than the slot, and 0 for a series that is not here. */
  private slots: Int32Array = new Int32Array(8)

  constructor(family: FamilyDescriptor) {
    this.numbers = numbersOf(family)
  }

  get(key: SeriesKey): number | undefined {
    const slot = this.slots[this.numbers.numberOf(labelValuesOf(key))] ?? 0
    return slot === 0 ? undefined : slot - 1
  }

  /** The number of a series that is here; 0 for another one. */
  numberOf(key: SeriesKey): number {
    const number = this.numbers.numberOf(labelValuesOf(key))
    return this.slots[number] ? number : 0
  }

  has(key: SeriesKey): boolean {
    return this.get(key) !== undefined
  }

  set(key: SeriesKey, slot: number): void {
    const texts = labelValuesOf(key)
    let number = this.numbers.numberOf(texts)
    if (number === 0 || !this.slots[number]) {
      number = this.numbers.hold(texts)
      this.size++
    }
    if (number >= this.slots.length) this.slots = grown(this.slots, number + 1)
    this.slots[number] = slot + 1
  }

  delete(key: SeriesKey): void {
    const number = this.numbers.numberOf(labelValuesOf(key))
    if (!this.slots[number]) return
    this.slots[number] = 0
    this.numbers.letGo(number)
    this.size--
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
    this.slots[number] = 0
    this.numbers.letGo(number)
    this.size--
    return key
  }

  /** Deletes the series that a filter names; gives each with its slot. */
  take(filter: LabelFilter): [SeriesKey, number][] {
    return this.named(filter).map((number) => {
      const slot = this.slotOf(number)!
      return [this.takeNumber(number), slot]
    })
  }

  /** Series that come meanwhile may be among them or not. */
  *[Symbol.iterator](): IterableIterator<[SeriesKey, number]> {
    for (let number = 1; number < this.slots.length; number++) {
      const slot = this.slots[number]!
      if (slot > 0) yield [seriesKey(this.numbers.textsOf(number)), slot - 1]
    }
  }

  /**
   * Knows the series by the numbers of another descriptor of the same family: those from a file by those of the
   * metric that continues them.
   */
  follow(family: FamilyDescriptor): void {
    const before = [...this]
    for (const [key] of before) this.delete(key)
    this.numbers = numbersOf(family)
    this.slots = new Int32Array(8)
    for (const [key, slot] of before) this.set(key, slot)
  }
}
