import type { FamilyDescriptor } from '../model/descriptor.js'
import { layoutOf } from '../model/layout/layout-of.js'
import { grown } from '../model/series-index/hash-chains.js'
import { type Labels, numbersOf, type SeriesNumbers } from '../model/series-index/series-numbers.js'
import type { LabelFilter } from '../model/series-key.js'
import type { LabelTexts, SeriesRef } from '../model/series-ref.js'
import type { Slots } from '../store/contract.js'
import type { Child } from './child.js'
import type { SlotWindow } from './slot-window.js'

/** The value of every label in the overflow series. */
const overflowValue = '_overflow'

/**
 * The series of a metric, and their slots. Only series that the application keeps a child of have their own; all others
 * use one shared child that moves from series to series.
 */
export class Children<C extends Child> {
  /** The number of series that this metric has counted in. */
  size = 0
  private readonly numbers: SeriesNumbers
  /** By the number of the series, as in the next column; undefined for a series that only a store has. */
  private readonly places: (SlotWindow | undefined)[] = [undefined]
  private offsets: Int32Array = new Int32Array(4)
  private readonly held = new Map<number, C>()
  /** Further children of a series, if the application created several before the first count. */
  private readonly twins = new Map<number, C[]>()
  /** When each bucket of a series got its last exemplar, by `performance.now()`. */
  private readonly exemplified = new Map<number, Map<number, number>>()
  private readonly moving: C
  private readonly overflow: LabelTexts
  /** The numbers of series that do not count towards the metric's limit. */
  private readonly exempt = new Set<number>()
  private discarded: Slots | undefined

  /**
   * @param unlabelled the label values of a count without labels
   * @param make creates a child of these label values; without them, the shared child
   */
  constructor(
    private readonly family: FamilyDescriptor,
    private readonly unlabelled: LabelTexts,
    private readonly make: (texts?: LabelTexts) => C,
  ) {
    this.numbers = numbersOf(family)
    this.moving = make()
    this.overflow = family.labelNames.map(() => overflowValue)
  }

  /** Returns the number of a series by its labels in alphabetical order; 0 if it is not known by them. */
  find(labels: Labels): number {
    return this.countedOrZero(this.numbers.find(labels))
  }

  /**
   * Returns the number of a series by its labels in any order, right after `find` or `reach` found none; 0 if there is
   * no such series, undefined if only the texts of its label values identify it. The metric may not have counted in it.
   */
  locate(labels: Labels): number | undefined {
    return this.numbers.findByName(labels)
  }

  refTo(labelValues: LabelTexts): SeriesRef {
    return { number: this.numbers.numberOf(labelValues), labelValues }
  }

  /** Returns the number of a series that this metric counts in; otherwise 0. */
  numberOf(texts: LabelTexts): number {
    return this.countedOrZero(this.numbers.numberOf(texts))
  }

  counts(number: number): boolean {
    return this.places[number] !== undefined
  }

  private countedOrZero(number: number): number {
    return this.counts(number) ? number : 0
  }

  textsOf(number: number): LabelTexts {
    return this.numbers.textsOf(number)
  }

  retain({ number, labelValues }: SeriesRef): SeriesRef {
    return { number: this.numbers.hold(labelValues, number), labelValues }
  }

  release({ number }: SeriesRef): void {
    this.numbers.release(number)
  }

  /** Returns the overflow series. */
  rest(): SeriesRef {
    return this.refTo(this.overflow)
  }

  /**
   * The number of series, without the overflow series and the one without labels, which do not count towards the limit.
   */
  get chosen(): number {
    return this.size - this.exempt.size
  }

  /** Makes these label values, as the application passes them, an alias of the series. */
  alias(labels: Labels, number: number): void {
    this.numbers.alias(labels, number)
  }

  /**
   * Returns a child for labels in alphabetical order, to be used at once: the next call may move it to another series.
   */
  reach(labels: Labels): C | undefined {
    const number = this.numbers.find(labels)
    const window = this.places[number]
    if (window === undefined) return undefined
    const { moving } = this
    moving.moveTo(number, window, this.offsets[number]!)
    return moving
  }

  /** Returns the same for the number of a series. */
  reachNumber(number: number): C {
    const { moving } = this
    moving.moveTo(number, this.places[number]!, this.offsets[number]!)
    return moving
  }

  /** Returns a child, to be used at once, that opens the series of these label values with its first count. */
  seek(series: SeriesRef): C {
    this.moving.seek(series)
    return this.moving
  }

  /**
   * Moves a child to the series of a number; returns false if the series must be opened.
   *
   * @param held whether the application keeps the child
   */
  join(child: Child, number: number, held: boolean): boolean {
    const window = this.places[number]
    if (window === undefined || window.gate[0] !== window.seen) return false
    child.moveTo(number, window, this.offsets[number]!)
    if (held) this.keep(number, child as C)
    return true
  }

  /** Returns a child to keep. */
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
   * Notes that a series was opened: from now on, the metric counts in it.
   *
   * @param child the child of these label values that the application keeps, if there is one
   */
  opened(series: SeriesRef, window: SlotWindow, at: number, child?: Child): void {
    const { number } = series
    if (!this.counts(number)) this.add(series)
    this.places[number] = window
    this.offsets[number] = at
    if (child !== undefined) this.keep(number, child as C)
  }

  private add({ number, labelValues }: SeriesRef): void {
    this.numbers.hold(labelValues, number)
    while (this.places.length < number) this.places.push(undefined)
    if (number >= this.offsets.length) this.offsets = grown(this.offsets, number + 1)
    this.size++
    if (isSame(labelValues, this.overflow) || isSame(labelValues, this.unlabelled)) this.exempt.add(number)
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
    return this.numbers.select(filter).filter((number) => this.countedOrZero(number) > 0)
  }

  forget(number: number): void {
    this.held.get(number)?.detach()
    this.held.delete(number)
    for (const twin of this.twins.get(number) ?? []) twin.detach()
    this.twins.delete(number)
    this.exemplified.delete(number)
    this.places[number] = undefined
    this.exempt.delete(number)
    this.numbers.release(number)
    this.size--
  }
}

function isSame(some: LabelTexts, others: LabelTexts): boolean {
  return some.every((text, i) => text === others[i])
}
