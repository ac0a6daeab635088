import { definitionKey, type FamilyDescriptor } from '../../model/descriptor.js'
import type { FamilyTable } from '../../model/family.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import type { Labels } from '../../model/series-index/series-numbers.js'
import { labelValuesOf, type SeriesKey, seriesKey } from '../../model/series-key.js'
import type { LabelTexts } from '../../model/series-ref.js'
import { sharedObject } from '../../platform/test-file.js'

/** The labels of a series as application code passed them. */
export type PassedLabels = Record<string, string | number>

/** In which form a value was passed, where its text does not show it. */
type PassedForm = 'text' | 'number' | 'boolean' | 'empty'

/** The names that were passed, in their order, and the form of each value. */
interface Shape {
  readonly id: string
  readonly names: readonly string[]
  readonly forms: readonly PassedForm[]
}

/** How many series with an unusual shape are kept before those of removed series are looked for. */
const firstPruning = 1000

/**
 * Records in which order and form the labels of each series of a metric were first passed, which the clients show.
 *
 * Nearly all series of a metric are passed in the same way, so only those that differ take memory.
 */
export class SeriesLabels {
  /** Of the first series: the shape of every series that is not among the others. */
  private usual: Shape | undefined
  private readonly others = new Map<SeriesKey, Shape>()
  private readonly shapes = new Map<string, Shape>()
  private pruneAt = firstPruning
  /** Another number whenever the labels of a series that was shown before may be others. */
  version = 0

  /**
   * @param declared the label names in the order of positional values
   * @param names the label names in alphabetical order
   * @param exists whether the metric counts in the series of these label values
   */
  constructor(
    private readonly declared: readonly string[],
    private readonly names: readonly string[],
    private readonly exists: (labelValues: LabelTexts) => boolean,
  ) {}

  /** Records the labels of a series that the metric has not counted in. */
  introduce(labelValues: LabelTexts, labels: Labels): void {
    const shape = this.shapeOf(labels)
    if (this.usual === undefined) {
      this.usual = shape
      this.version++
    }
    if (shape === this.usual && this.others.size === 0) return
    // Before this series is among them, which the metric does not count in yet.
    if (this.others.size >= this.pruneAt) this.prune()
    const key = seriesKey(labelValues)
    const before = this.others.get(key)
    if (shape === this.usual || this.isUsual(shape, labelValues)) this.others.delete(key)
    else this.others.set(key, shape)
    if (before !== this.others.get(key)) this.version++
  }

  /** The labels of a series as they were passed; as most series of the metric, where only other processes have it. */
  of(labelValues: LabelTexts): PassedLabels {
    const shape = this.others.size > 0 ? this.others.get(seriesKey(labelValues)) : undefined
    return this.labelsIn(shape ?? this.usual, labelValues)
  }

  private shapeOf(labels: Labels): Shape {
    let id = ''
    for (const name in labels) id += `${name}:${formOf(labels[name]) ?? ''},`
    let shape = this.shapes.get(id)
    if (shape === undefined) {
      const names = Object.keys(labels).filter((name) => formOf(labels[name]) !== undefined)
      shape = { id, names, forms: names.map((name) => formOf(labels[name])!) }
      this.shapes.set(id, shape)
    }
    return shape
  }

  /** Whether the series is shown the same in the usual shape: it may lack labels that others have. */
  private isUsual(shape: Shape, labelValues: LabelTexts): boolean {
    const one = Object.entries(this.labelsIn(shape, labelValues))
    const other = Object.entries(this.labelsIn(this.usual, labelValues))
    return (
      one.length === other.length && one.every(([name, value], i) => other[i]![0] === name && other[i]![1] === value)
    )
  }

  private labelsIn(shape: Shape | undefined, labelValues: LabelTexts): PassedLabels {
    const { names, declared } = this
    const labels: PassedLabels = {}
    shape?.names.forEach((name, i) => {
      const text = labelValues[names.indexOf(name)] ?? null
      if (text !== null) labels[name] = valueIn(shape.forms[i]!, text)
      else if (shape.forms[i] === 'empty') labels[name] = ''
    })
    for (const name of declared) {
      const text = labelValues[names.indexOf(name)] ?? null
      if (text !== null && !Object.hasOwn(labels, name)) labels[name] = text
    }
    return labels
  }

  private prune(): void {
    for (const key of this.others.keys()) if (!this.exists(JSON.parse(key) as LabelTexts)) this.others.delete(key)
    this.pruneAt = Math.max(firstPruning, this.others.size * 2)
  }
}

function formOf(value: unknown): PassedForm | undefined {
  if (value === undefined || value === null) return undefined
  if (value === '') return 'empty'
  return typeof value === 'number' || typeof value === 'boolean' ? (typeof value as 'number' | 'boolean') : 'text'
}

/** The value of a text in the form of another one, if it can have it: another process may have passed a text. */
function valueIn(form: PassedForm, text: string): string | number {
  if (form === 'number') {
    const number = Number(text)
    return String(number) === text ? number : text
  }
  // The types of the clients do not name booleans, but both show them as they are.
  if (form === 'boolean' && (text === 'true' || text === 'false')) return (text === 'true') as never
  return text
}

/** Shared by all copies of the package in the process, as the numbers of series are. Another number whenever `SeriesLabels` changes. */
const place = Symbol.for('promhive.series-labels.1')

interface Recorded {
  readonly byFamily: WeakMap<FamilyDescriptor, SeriesLabels>
  /** For the same definition as another process wrote it down. */
  readonly byDefinition: Map<string, WeakRef<SeriesLabels>>
  readonly forget: FinalizationRegistry<string>
}

const shared = sharedObject as { [place]?: Recorded }

function recorded(): Recorded {
  if (shared[place] === undefined) {
    const byDefinition = new Map<string, WeakRef<SeriesLabels>>()
    const forget = new FinalizationRegistry<string>((key) => {
      if (byDefinition.get(key)?.deref() === undefined) byDefinition.delete(key)
    })
    shared[place] = { byFamily: new WeakMap(), byDefinition, forget }
  }
  return shared[place]
}

/** Makes the record of a metric known to what shows its family. */
export function recordLabels(family: FamilyDescriptor, labels: SeriesLabels): void {
  const { byFamily, byDefinition, forget } = recorded()
  const key = definitionKey(family)
  byFamily.set(family, labels)
  byDefinition.set(key, new WeakRef(labels))
  forget.register(labels, key)
}

/**
 * Has a metric of promhive's own show its labels as the client's metrics do: in the declared order, with values like those
 * of an example. Does nothing for a metric that has its own record, or a series for each process.
 */
export function recordDeclared(family: FamilyDescriptor, declared: readonly string[], example: Labels = {}): void {
  if (recordOf(family) !== undefined || layoutOf(family).perWriter) return
  const labels = new SeriesLabels(declared, family.labelNames, () => true)
  const values = Object.fromEntries(declared.map((name) => [name, example[name] ?? 'x']))
  labels.introduce(
    family.labelNames.map((name) => `${values[name]}`),
    values,
  )
  recordLabels(family, labels)
}

/** A number that changes when labels of a family that were shown before may be in another order now. */
export function labelsVersion(family: FamilyDescriptor): number {
  return recordOf(family)?.version ?? 0
}

/** Called for each series that is written. */
function recordOf(family: FamilyDescriptor): SeriesLabels | undefined {
  const { byFamily, byDefinition } = recorded()
  const labels = byFamily.get(family)
  if (labels !== undefined) return labels
  let key = definitionKeys.get(family)
  if (key === undefined) definitionKeys.set(family, (key = definitionKey(family)))
  return byDefinition.get(key)?.deref()
}

/** The definitions of families that came from a store. */
const definitionKeys = new WeakMap<FamilyDescriptor, string>()

/**
 * The labels of a series in the order and form in which they were first passed in this process. A series that only other
 * processes have looks like most series of its metric here; without any, its labels are texts in the declared order.
 */
export function labelsAsPassed(family: FamilyDescriptor, labelValues: LabelTexts): PassedLabels {
  return recordOf(family)?.of(labelValues) ?? present(family.labelNames, labelValues)
}

/** The same for a row of a table; after them, the labels that distinguish writers. */
export function rowLabels({ family, labelNames, addedLabels = [], keys }: FamilyTable, row: number): PassedLabels {
  const values = labelValuesOf(keys[row]!)
  if (addedLabels.length === 0) return labelsAsPassed(family, values)
  if (recordOf(family) === undefined) return present(labelNames, values)
  const isAdded = (_: unknown, i: number): boolean => addedLabels.includes(i)
  const ownNames = labelNames.filter((name, i) => !isAdded(name, i))
  const own = labelsAsPassed(
    family,
    values.filter((value, i) => !isAdded(value, i)),
  )
  // An own label has another name here if a label of writers has its name.
  const named = Object.entries(own).map(([name, value]) => [ownNames[family.labelNames.indexOf(name)] ?? name, value])
  return { ...Object.fromEntries(named), ...present(labelNames.filter(isAdded), values.filter(isAdded)) }
}

function present(names: readonly string[], values: LabelTexts): PassedLabels {
  const labels: PassedLabels = {}
  names.forEach((name, i) => {
    const text = values[i] ?? null
    if (text !== null) labels[name] = text
  })
  return labels
}
