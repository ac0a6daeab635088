import type { FamilyDescriptor } from '../model/descriptor.js'
import { exportedLabel, type WorkerLabel } from '../model/label-set.js'
import { type SeriesKey, withValue } from '../model/series-key.js'

/** The values of the labels that distinguish the series of a writer. */
export interface WriterName {
  /** Unlike those of other writers: the number of the seat, or the process if that is the chosen worker label. */
  readonly name: string
  /** The number of the seat; 0 for values that belong to no process. */
  readonly seat: number
  /** The value of the label `worker`; by default, the number of the seat. */
  readonly worker?: string | undefined
}

/** Which labels are added. */
export interface WriterLabelOptions {
  readonly workerLabel: WorkerLabel
  /** Whether the layout has a series for each writer. */
  readonly perWriter: boolean
  /** Whether every series has the number of its worker. */
  readonly perWorker: boolean
}

interface AddedLabel {
  /** Its position, and the number of labels before it is added. */
  readonly at: number
  readonly count: number
  valueFor(writer: WriterName): string | null
}

const numberLabel = 'worker'

/** The labels of a family's series, together with those that distinguish the writers. */
export class WriterLabels {
  /** The names: those of the family in their order, and the added ones among them. */
  readonly labelNames: readonly string[]
  /** The positions of the added labels in `labelNames`. */
  readonly added: readonly number[]
  /** The family's own labels that have another name here, because an added label has theirs. */
  readonly renamed: ReadonlyMap<string, string>
  private readonly labels: readonly AddedLabel[]

  constructor(family: FamilyDescriptor, { workerLabel, perWriter, perWorker }: WriterLabelOptions) {
    const valuesByName = new Map<string, AddedLabel['valueFor']>()
    // Values of no process, such as those of `run: 'serving'`, have no worker.
    if (perWorker) valuesByName.set(numberLabel, ({ seat, worker }) => (seat === 0 ? null : (worker ?? String(seat))))
    if (perWriter)
      valuesByName.set(workerLabel, ({ name, worker }) => (workerLabel === numberLabel ? (worker ?? name) : name))
    const added = [...valuesByName.keys()].sort()
    const names = [...family.labelNames]
    const renamed = new Map<string, string>()
    for (const [i, own] of names.entries()) {
      if (!valuesByName.has(own)) continue
      renamed.set(own, (names[i] = exportedLabel(own, [...names, ...added])))
    }
    this.renamed = renamed
    this.labels = added.map((name) => {
      const next = names.findIndex((other) => other > name)
      const count = names.length
      const at = next < 0 ? count : next
      names.splice(at, 0, name)
      return { at, count, valueFor: valuesByName.get(name)! }
    })
    this.labelNames = names
    this.added = added.map((name) => names.indexOf(name))
  }

  /** Returns the key of a writer's series with the added labels. */
  keyOf(key: SeriesKey, writer: WriterName): SeriesKey {
    let withAdded = key
    for (const { count, at, valueFor } of this.labels) withAdded = withValue(withAdded, count, at, valueFor(writer))
    return withAdded
  }
}
