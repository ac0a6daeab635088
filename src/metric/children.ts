import { grown } from '../model/chains.js'
import type { FamilyDescriptor } from '../model/descriptor.js'
import type { LabelFilter } from '../model/series-key.js'
import { type Labels, type LabelTexts, numbersOf, type SeriesNumbers } from '../model/series-numbers.js'
import type { Child } from './child.js'
import { noPlace, type Place } from './place.js'

/** What every label of the series reads that takes what is beyond a metric's limit. */
const overflowValue = '_overflow'

/**
 * The series of a metric and where each is counted. A child is made only of those that the application holds; for all
 * others there is one that goes from series to series.
 */
export class Children<C extends Child> {
  /** How many series this metric has counted, or was asked for. */
  size = 0
  private readonly numbers: SeriesNumbers
  /** By the number of the series, as the next column; undefined for one that only a store has. */
  private readonly places: (Place | undefined)[] = [undefined]
  private offsets: Int32Array = new Int32Array(4)
  private readonly held = new Map<number, C>()
  /** When each bucket of a series got its last exemplar, by `performance.now()`. */
  private readonly exemplified = new Map<number, Map<number, number>>()
  private readonly moving: C
  private readonly overflow: LabelTexts

  /**
   * @param make gives a child of these label values; without them, the one that moves
   */
  constructor(
    family: FamilyDescriptor,
    private readonly make: (texts?: LabelTexts) => C,
  ) {
    this.numbers = numbersOf(family)
    this.moving = make()
    this.overflow = family.labelNames.map(() => overflowValue)
  }

  /** The number of a series by its labels, named in alphabetical order; 0 where it is not known by them. */
  find(labels: Labels): number {
    return this.own(this.numbers.find(labels))
  }

  /** The same for names in any order. */
  findByName(labels: Labels): number {
    return this.own(this.numbers.findByName(labels))
  }

  numberOf(texts: LabelTexts): number {
    return this.own(this.numbers.numberOf(texts))
  }

  private own(number: number): number {
    return this.places[number] === undefined ? 0 : number
  }

  textsOf(number: number): LabelTexts {
    return this.numbers.textsOf(number)
  }

  add(texts: LabelTexts): number {
    const number = this.numbers.hold(texts)
    while (this.places.length < number) this.places.push(undefined)
    this.places[number] = noPlace
    if (number >= this.offsets.length) this.offsets = grown(this.offsets, number + 1)
    this.size++
    return number
  }

  /** The number of the series that takes what is beyond a metric's limit. */
  rest(): number {
    return this.numberOf(this.overflow) || this.add(this.overflow)
  }

  /** How many series there are besides that one. */
  chosen(): number {
    return this.numberOf(this.overflow) > 0 ? this.size - 1 : this.size
  }

  /** These label values, as they were given, lead to the series. */
  lead(labels: Labels, number: number): void {
    this.numbers.lead(labels, number)
  }

  /** The child of labels that are named in alphabetical order, to count with at once: the next call moves it on. */
  reach(labels: Labels): C | undefined {
    const number = this.numbers.find(labels)
    const place = this.places[number]
    if (place === undefined) return undefined
    const { moving } = this
    moving.moveTo(number, place, this.offsets[number]!)
    return moving
  }

  /** The same for the number of a series. */
  reachNumber(number: number): C {
    const { moving } = this
    moving.moveTo(number, this.places[number]!, this.offsets[number]!)
    return moving
  }

  /** A child to keep. */
  hold(number: number): C {
    let child = this.held.get(number)
    if (child === undefined) {
      child = this.make(this.numbers.textsOf(number))
      child.moveTo(number, this.places[number]!, this.offsets[number]!)
      this.held.set(number, child)
    }
    return child
  }

  /** A series was opened here. */
  opened(texts: LabelTexts, place: Place, at: number): void {
    const number = this.numberOf(texts)
    if (number === 0) return
    this.places[number] = place
    this.offsets[number] = at
  }

  exemplifiedIn(number: number): Map<number, number> {
    let times = this.exemplified.get(number)
    if (times === undefined) this.exemplified.set(number, (times = new Map()))
    return times
  }

  select(filter: LabelFilter): number[] {
    return this.numbers.select(filter).filter((number) => this.own(number) > 0)
  }

  forget(number: number): void {
    this.held.get(number)?.detach()
    this.held.delete(number)
    this.exemplified.delete(number)
    this.places[number] = undefined
    this.numbers.letGo(number)
    this.size--
  }
}
