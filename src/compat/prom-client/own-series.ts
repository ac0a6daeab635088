import type { FamilyDescriptor } from '../../model/descriptor.js'
import { gaugeValueSlot } from '../../model/layout/gauge.js'
import { histogramSlots } from '../../model/layout/histogram.js'
import { summarySlots } from '../../model/layout/summary.js'
import type { Labels } from '../../model/series-index/series-numbers.js'
import type { LabelTexts } from '../../model/series-ref.js'
import type { Slots, Store } from '../../store/contract.js'
import { labelsAsPassed, type PassedLabels } from './series-labels.js'

/** One series as the client's `hashMap` has it. */
export interface OwnSeries {
  readonly labels: PassedLabels
  readonly value?: number
  readonly sum?: number
  readonly count?: number
  readonly bucketValues?: Readonly<Record<string, number>>
}

/** The key of a series in the client's `hashMap`. */
export function hashOf(labels: Labels, sortedNames: readonly string[]): string {
  let hash = ''
  for (const name of sortedNames) if (labels[name] !== undefined) hash += `${name}:${labels[name]},`
  return hash
}

/** What this process has counted in each series of a family, at this moment. */
export function ownSeries(store: Store, family: FamilyDescriptor): Record<string, OwnSeries> {
  const seriesByHash: Record<string, OwnSeries> = {}
  for (const [, series] of eachOwnSeries(store, family)) seriesByHash[hashOf(series.labels, family.labelNames)] = series
  return seriesByHash
}

/** The same, each with its label values in alphabetical order of their names. */
export function* eachOwnSeries(store: Store, family: FamilyDescriptor): Iterable<readonly [LabelTexts, OwnSeries]> {
  for (const { family: other, series, slots } of store.series(family)) {
    if (other.name !== family.name || other.registry !== family.registry) continue
    yield [series.labelValues, seriesOf(family, slots, labelsAsPassed(family, series.labelValues))]
  }
}

function seriesOf(family: FamilyDescriptor, { values, at }: Slots, labels: PassedLabels): OwnSeries {
  switch (family.type) {
    case 'gauge':
      return { value: values[gaugeValueSlot(family.mode, values, at)]!, labels }
    case 'histogram': {
      const counts = values.subarray(
        at + histogramSlots.buckets,
        at + histogramSlots.buckets + family.bounds.length + 1,
      )
      const bucketValues = Object.fromEntries(family.bounds.map((bound, i) => [bound, counts[i]!]))
      return { labels, bucketValues, sum: values[at + histogramSlots.sum]!, count: counts.reduce((a, b) => a + b, 0) }
    }
    case 'summary':
      return { labels, sum: values[at + summarySlots.sum]!, count: values[at + summarySlots.count]! }
    default:
      return { value: values[at]!, labels }
  }
}
