import type { FamilyDescriptor } from './descriptor.js'
import type { Exemplar } from './exemplar.js'
import type { LabelSet } from './label-set.js'
import type { SlotLayout } from './layout/slot-layout.js'
import type { MetricType } from './metric-type.js'
import { labelValuesOf, type SeriesKey, seriesKey } from './series-key.js'

export type { Exemplar }

/**
 * A family with its merged series, in columns, as the merger passes it to formatters.
 *
 * A row is a series. Rows keep their numbers, so a formatter may cache the text of a row's labels.
 */
export interface FamilyTable {
  readonly family: FamilyDescriptor
  /** The family's label names, including `worker` if each writer has its own series. */
  readonly labelNames: readonly string[]
  /** The positions in `labelNames` of the labels that distinguish writers. By default none. */
  readonly addedLabels?: readonly number[]
  readonly layout: SlotLayout
  /** Label values by row. The list only grows. */
  readonly keys: readonly SeriesKey[]
  /** Index in `slots` of each row's first merged slot. */
  readonly bases: readonly number[]
  /** Unix seconds at which each series was created. */
  readonly created: readonly number[]
  /** By row, a number that is greater the later the series was met: for series that were created at the same time. */
  readonly met?: readonly number[]
  /** The rows to show, sorted by their label values. A new array whenever a row is added or removed. */
  readonly order: Int32Array
  /** The merged slots of all families. */
  readonly slots: Float64Array
  /** Row → bucket (0 for a counter) → the newest exemplar of all writers. */
  readonly exemplars?: ReadonlyMap<number, ReadonlyMap<number, Exemplar>>
}

/** One line of a text exposition. */
export interface Sample {
  readonly name: string
  readonly labels: LabelSet
  readonly value: number
  readonly exemplar?: Exemplar | undefined
}

/** A family from a collector, sample by sample. */
export interface SampleFamily {
  readonly name: string
  readonly help: string
  readonly type: MetricType
  readonly samples: readonly Sample[]
}

export type Family = FamilyTable | SampleFamily

export function isTable(family: Family): family is FamilyTable {
  return 'layout' in family
}

/** Returns the key of a row without the labels that distinguish writers. */
export function ownKey({ keys, addedLabels = [] }: FamilyTable, row: number): SeriesKey {
  const key = keys[row]!
  return addedLabels.length === 0 ? key : seriesKey(labelValuesOf(key).filter((_, i) => !addedLabels.includes(i)))
}

export function nameOf(family: Family): string {
  return isTable(family) ? family.family.name : family.name
}

/** The suffixes of sample names. */
export const sampleEndings = ['', '_total', '_bucket', '_sum', '_count', '_created', '_info']

/** Returns the families that have one of the names, or a sample of that name; all of them without names. */
export function familiesNamed<F extends Family>(families: readonly F[], names: readonly string[] = []): readonly F[] {
  if (names.length === 0) return families
  const requestedNames = new Set(names)
  return families.filter((family) => sampleEndings.some((ending) => requestedNames.has(`${nameOf(family)}${ending}`)))
}

/** Returns a family without series, of which only HELP and TYPE are shown. */
export function emptyTable(family: FamilyDescriptor, layout: SlotLayout): FamilyTable {
  const slots = new Float64Array(0)
  return {
    family,
    labelNames: family.labelNames,
    layout,
    keys: [],
    bases: [],
    created: [],
    order: new Int32Array(0),
    slots,
  }
}
