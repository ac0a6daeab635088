import type { SampleShape } from '../../exposition/text/samples.js'
import type { LabelSet } from '../../model/label-set.js'

/** The labels of a series as names and values in turn, sorted by name, without empty values. */
export type FlatLabels = readonly string[]

/** One label of a shape: the value at a position of the series' own values, or a constant if that has none. */
interface LabelSlot {
  readonly name: string
  /** The position in the values of a series; below 0 for a label that the series does not have. */
  readonly at: number
  readonly constant: string
}

/** The label that contains the name of a series. */
const nameLabel = '__name__'

/** The labels of one sample of all series of a family, such as those of its `_sum`. */
export class ShapeLabels {
  /** Distinguishes the samples of one series. */
  readonly id: string
  private readonly slots: readonly LabelSlot[]

  /**
   * @param labelNames the names of the series' own labels
   * @param commonLabels labels of every series that has no such label
   * @param typeLabels the names of labels that the type of the metric writes, which are not common labels
   */
  constructor(
    shape: SampleShape,
    labelNames: readonly string[],
    commonLabels: LabelSet,
    typeLabels: ReadonlySet<string | undefined>,
  ) {
    const constants = Object.entries(commonLabels).filter(([name]) => !typeLabels.has(name))
    const own = [[nameLabel, shape.name], ...(shape.label === undefined ? [] : [shape.label])] as [string, string][]
    const all = new Map<string, string>(labelNames.map((name) => [name, '']))
    for (const [name, value] of [...constants, ...own]) all.set(name, value)
    this.slots = [...all]
      .map(([name, constant]) => ({ name, at: labelNames.indexOf(name), constant }))
      .sort((a, b) => compare(a.name, b.name))
    this.id = JSON.stringify([shape.name, shape.label])
  }

  /** Puts the labels of a series into a list, which is emptied before. */
  write(into: string[], values: readonly (string | null)[]): void {
    into.length = 0
    for (const { name, at, constant } of this.slots) {
      const value = at < 0 ? constant : values[at] || constant
      if (value !== '') into.push(name, value)
    }
  }
}

/** Returns the labels of the samples of a family, in the order of its shapes. */
export function shapeLabels(
  shapes: readonly SampleShape[],
  labelNames: readonly string[],
  commonLabels: LabelSet,
): readonly ShapeLabels[] {
  const typeLabels = new Set(shapes.map(({ label }) => label?.[0]))
  return shapes.map((shape) => new ShapeLabels(shape, labelNames, commonLabels, typeLabels))
}

/** Returns the labels of a sample from a collector. */
export function sampleLabels(name: string, labels: LabelSet, commonLabels: LabelSet): FlatLabels {
  const all = new Map(Object.entries(commonLabels))
  for (const [label, value] of Object.entries(labels)) if (String(value) !== '') all.set(label, String(value))
  all.set(nameLabel, name)
  return [...all]
    .filter(([, value]) => value !== '')
    .sort(([a], [b]) => compare(a, b))
    .flat()
}

/** Label names are ASCII, so the order of their characters is that of their bytes. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
