import type { FamilyDescriptor } from '../descriptor.js'
import { isLabelObject, ownValue } from '../label-set.js'
import type { LabelFilter } from '../series-key.js'
import type { LabelTexts } from '../series-ref.js'
import { grown, HashChains } from './hash-chains.js'
import { LabelForms } from './label-forms.js'
import { SeriesSelection } from './series-selection.js'

export type Labels = Readonly<Record<string, unknown>>
/** From this number of holders on, they are no longer counted, and the series keeps its number forever. */
const maxHolders = 255

const hasOwn = Object.prototype.hasOwnProperty

/**
 * Shared by all copies of the package in the process, like the store: a metric of the CommonJS build passes its numbers
 * to the store of the ESM build. The number at the end changes with the methods of `SeriesNumbers`.
 */
const place = Symbol.for('promhive.series-numbers.1')
const shared = globalThis as { [place]?: WeakMap<FamilyDescriptor, SeriesNumbers> }

/** Returns the numbers of a family's series, which its metric and its store share. */
export function numbersOf(family: FamilyDescriptor): SeriesNumbers {
  const byFamily = (shared[place] ??= new WeakMap())
  let numbers = byFamily.get(family)
  if (numbers === undefined) byFamily.set(family, (numbers = new SeriesNumbers(family.labelNames)))
  return numbers
}

/**
 * Numbers the series of a family, from 1 on, and finds them by label values as the application passes them: one look-up
 * in a map per label, without creating a string. A series has its number as long as it is retained. Stored in columns,
 * because there may be a hundred thousand series.
 */
export class SeriesNumbers {
  private readonly forms: readonly LabelForms[]
  /** The numbers of the label values of each series, side by side. */
  private values: Int32Array
  /** The number of holders of each series; 0 if the number is free. */
  private holders: Uint8Array = new Uint8Array(16)
  private readonly chains: HashChains
  /** The numbers of the values to find. */
  private readonly valuesToFind: number[]
  private readonly free: number[] = []
  private readonly selection: SeriesSelection
  /** Whether the last `find` knew all values and found no series of them. */
  private missed = false
  /** The highest number of a series. */
  last = 0

  /** @param names label names in alphabetical order */
  constructor(private readonly names: readonly string[]) {
    this.forms = names.map(() => new LabelForms())
    this.values = new Int32Array(names.length * 4)
    this.valuesToFind = names.map(() => 0)
    this.chains = new HashChains((number) => this.hashOf(number))
    this.selection = new SeriesSelection(this)
  }

  /** The number of series. */
  get size(): number {
    return this.last - this.free.length
  }

  /** Iterates over the numbers of all series. */
  *numbers(): Iterable<number> {
    for (let number = 1; number <= this.last; number++) if (this.holders[number] !== 0) yield number
  }

  exists(number: number): boolean {
    return this.holders[number]! > 0
  }

  /** Returns the series whose labels at these positions have these values. */
  matching(labels: readonly number[], valueNumbers: readonly number[]): number[] {
    const { values, holders, last } = this
    const width = this.names.length
    const found: number[] = []
    for (let number = 1; number <= last; number++) {
      let i = 0
      while (i < labels.length && values[number * width + labels[i]!] === valueNumbers[i]) i++
      if (i === labels.length && holders[number]! > 0) found.push(number)
    }
    return found
  }

  /** Returns the number of a label value of a series, by the position of the label. */
  valueAt(number: number, label: number): number {
    return this.values[number * this.names.length + label]!
  }

  /** Returns the series of these label values if the names are in alphabetical order, which is common; otherwise 0. */
  find(labels: Labels): number {
    const { names, forms, valuesToFind } = this
    let i = 0
    let hash = 0
    for (const name in labels) {
      // Calling the function of the prototype is free here, because the engine knows that it iterates over own
      // properties.
      if (name !== names[i] || !hasOwn.call(labels, name)) return 0
      const value = forms[i]!.get(labels[name])
      if (value === undefined) return 0
      valuesToFind[i++] = value
      hash = mixed(hash, value)
    }
    if (i !== names.length || i === 0) return 0
    const number = this.findSeries(hash)
    if (number === 0) this.missed = true
    return number
  }

  /**
   * The same for names in any order, right after `find` found none; undefined if a name or a value is unknown, so that
   * only the texts identify the series.
   */
  findByName(labels: Labels): number | undefined {
    // `find` knew all values, and there is no such series.
    if (this.missed) {
      this.missed = false
      return 0
    }
    const { names, forms, valuesToFind } = this
    let labelCount = 0
    for (const name in labels) {
      if (!hasOwn.call(labels, name)) continue
      const i = names.indexOf(name)
      if (i < 0) return undefined
      const value = forms[i]!.get(labels[name])
      if (value === undefined) return undefined
      valuesToFind[i] = value
      labelCount++
    }
    if (labelCount === 0 && !isLabelObject(labels)) return undefined
    return labelCount < names.length ? this.findPartly(labels) : this.findSeries(this.hashToFind())
  }

  /** The same if labels were omitted. */
  private findPartly(labels: Labels): number | undefined {
    const { names, forms, valuesToFind } = this
    for (let i = 0; i < names.length; i++) {
      const value = forms[i]!.get(ownValue(labels, names[i]!))
      if (value === undefined) return undefined
      valuesToFind[i] = value
    }
    return this.findSeries(this.hashToFind())
  }

  /** The same for texts. */
  numberOf(texts: LabelTexts): number {
    const { forms, valuesToFind } = this
    for (let i = 0; i < forms.length; i++) {
      const value = forms[i]!.numberOf(texts[i]!)
      if (value === undefined) return 0
      valuesToFind[i] = value
    }
    return this.findSeries(this.hashToFind())
  }

  /**
   * Returns the number of a series, which it keeps until every `hold` has its `release`.
   *
   * @param known its number, if it has one
   */
  hold(texts: LabelTexts, known = this.numberOf(texts)): number {
    const number = known || this.add(texts)
    if (this.holders[number]! < maxHolders) this.holders[number]!++
    return number
  }

  private add(texts: LabelTexts): number {
    const width = this.names.length
    const number = this.free.pop() ?? ++this.last
    if ((number + 1) * width > this.values.length) this.values = grown(this.values, (number + 1) * width)
    if (number >= this.holders.length) this.holders = grown(this.holders, number + 1)
    for (let i = 0; i < width; i++) this.values[number * width + i] = this.forms[i]!.use(texts[i]!)
    this.chains.add(number)
    this.selection.add(number)
    return number
  }

  /** Makes these label values, as the application passes them, an alias of the series. */
  alias(labels: Labels, number: number): void {
    for (const [i, name] of this.names.entries()) {
      this.forms[i]!.alias(ownValue(labels, name), this.values[number * this.names.length + i]!)
    }
  }

  textsOf(number: number): LabelTexts {
    return this.forms.map((forms, i) => forms.text(this.values[number * this.names.length + i]!))
  }

  /** Returns the series that the filter names. */
  select(filter: LabelFilter): number[] {
    const { names, forms, valuesToFind } = this
    const labels: number[] = []
    for (let label = 0; label < names.length; label++) {
      const text = ownText(filter, names[label]!)
      if (text === undefined) continue
      const value = forms[label]!.numberOf(text)
      // No series has this value.
      if (value === undefined) return []
      labels.push(label)
      valuesToFind[label] = value
    }
    // No series has a value for a label that the family does not have.
    if (labels.length < Object.keys(filter).length) return []
    if (labels.length < names.length) {
      return this.selection.select(
        labels,
        labels.map((label) => valuesToFind[label]!),
      )
    }
    const number = this.findSeries(this.hashToFind())
    return number > 0 ? [number] : []
  }

  release(number: number): void {
    if (this.holders[number] === maxHolders || --this.holders[number]! > 0) return
    const width = this.names.length
    this.chains.delete(number)
    this.selection.delete(number)
    for (let i = 0; i < width; i++) this.forms[i]!.leave(this.values[number * width + i]!)
    this.free.push(number)
  }

  private findSeries(hash: number): number {
    const { valuesToFind, values, chains } = this
    const width = valuesToFind.length
    let number = chains.first(hash)
    for (; number !== 0; number = chains.next[number]!) {
      let i = 0
      for (let at = number * width; i < width && values[at] === valuesToFind[i]; at++) i++
      if (i === width) break
    }
    return number
  }

  private hashToFind(): number {
    let hash = 0
    for (let i = 0; i < this.valuesToFind.length; i++) hash = mixed(hash, this.valuesToFind[i]!)
    return hash
  }

  private hashOf(number: number): number {
    let hash = 0
    for (let i = 0; i < this.names.length; i++) hash = mixed(hash, this.values[number * this.names.length + i]!)
    return hash
  }
}

function ownText(filter: LabelFilter, name: string): string | null | undefined {
  return hasOwn.call(filter, name) ? filter[name] : undefined
}

/** The last value is only added, so that no look-up waits for a multiplication. */
function mixed(hash: number, value: number): number {
  return (Math.imul(hash, 0x9e3779b1) + value) | 0
}
