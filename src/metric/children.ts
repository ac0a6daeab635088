import type { FamilyDescriptor } from '../model/descriptor.js'
import { layoutOf } from '../model/layout/layout-of.js'
import { grown } from '../model/series-index/hash-chains.js'
import { type Labels, type LabelTexts, numbersOf, type SeriesNumbers } from '../model/series-index/series-numbers.js'
import type { LabelFilter } from '../model/series-key.js'
import type { Slots } from '../store/contract.js'
import type { Child } from './child.js'
import { noPlace, type Place } from './place.js'

/** What every label of the series reads that takes what is beyond a metric's limit. */
const overflowValue = '_overflow'

/**
 * The series of a metric and where each is counted. A child is made only of those that the application holds; for all
 * others there is one that goes from series to series.
 */
export class Children<C extends Child> {
  /** How many series this metric has counted. */
  size = 0
  private readonly numbers: SeriesNumbers
  /** By the number of the series, as the next column; undefined for one that only a store has. */
  private readonly places: (Place | undefined)[] = [undefined]
  private offsets: Int32Array = new Int32Array(4)
  private readonly held = new Map<number, C>()
  /** Further children of a series: the application asked for several before the first count. */
  private readonly twins = new Map<number, C[]>()
  /** When each bucket of a series got its last exemplar, by `performance.now()`. */
  private readonly exemplified = new Map<number, Map<number, number>>()
  private readonly moving: C
  private readonly overflow: LabelTexts
  private discarded: Slots | undefined

  /**
   * @param make gives a child of these label values; without them, the one that moves
   */
  constructor(
    private readonly family: FamilyDescriptor,
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

  private add(texts: LabelTexts, known: number): number {
    const number = this.numbers.hold(texts, known)
    while (this.places.length < number) this.places.push(undefined)
    this.places[number] = noPlace
    if (number >= this.offsets.length) this.offsets = grown(this.offsets, number + 1)
    this.size++
    return number
  }

  /** The series that takes what is beyond a metric's limit. */
  rest(): LabelTexts {
    return this.overflow
  }

  /** How many series there are besides that one, and besides the one without labels, which needs no room. */
  chosen(unlabelled: LabelTexts): number {
    const exempt = [this.overflow, unlabelled].filter((texts) => this.numberOf(texts) > 0)
    return this.size - exempt.length
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

  /** A child that opens the series of these label values with its first count, to count with at once. */
  seek(texts: LabelTexts): C {
    this.moving.seek(texts)
    return this.moving
  }

  /**
   * Moves a child to the series of these label values; not where the series has to be opened.
   *
   * @param held whether the application holds the child
   */
  join(child: Child, texts: LabelTexts, held: boolean): boolean {
    const number = this.numberOf(texts)
    const place = this.places[number]
    if (place === undefined || place.gate[0] !== place.seen) return false
    child.moveTo(number, place, this.offsets[number]!)
    if (held) this.keep(number, child as C)
    return true
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

  /**
   * A series was opened here: from now on it has a number.
   *
   * @param child the child of these label values that the application holds, if it is one
   */
  opened(texts: LabelTexts, place: Place, at: number, child?: Child): number {
    // The store has numbered it by now.
    const known = this.numbers.numberOf(texts)
    const number = this.own(known) || this.add(texts, known)
    this.places[number] = place
    this.offsets[number] = at
    if (child !== undefined) this.keep(number, child as C)
    return number
  }

  private keep(number: number, child: C): void {
    const held = this.held.get(number)
    if (held === child) return
    if (held === undefined) this.held.set(number, child)
    else {
      const twins = this.twins.get(number)
      if (twins === undefined) this.twins.set(number, [child])
      else if (!twins.includes(child)) twins.push(child)
    }
  }

  /** Slots that are never read. */
  nowhere(): Slots {
    if (this.discarded === undefined) {
      const layout = layoutOf(this.family)
      const values = new Float64Array(layout.width)
      this.discarded = { values, words: new Int32Array(values.buffer), at: 0, epoch: 1 }
      layout.claim(this.discarded, 0, 1)
    }
    return this.discarded
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
    for (const twin of this.twins.get(number) ?? []) twin.detach()
    this.twins.delete(number)
    this.exemplified.delete(number)
    this.places[number] = undefined
    this.numbers.letGo(number)
    this.size--
  }
}
