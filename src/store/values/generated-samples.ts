import type { FamilyDescriptor } from '../../model/descriptor.js'
import { type SeriesKey, seriesKey } from '../../model/series-key.js'
import { bucketOfSample, type Numbers } from './parts.js'
import type { GeneratedSamples, ValueCollector, ValueSample } from './value-protocol.js'

/** A series and its numbers in the engine. */
export interface FoundSeries {
  readonly family: FamilyDescriptor
  readonly key: SeriesKey
  readonly numbers: Numbers
}

/** Returns the series of known families that `generateSamples` returned. */
export function foundIn(
  generated: GeneratedSamples,
  familyOf: (name: string) => FamilyDescriptor | undefined,
): FoundSeries[] {
  return [...entriesOf(generated)].flatMap(([name, samples]) => {
    const family = familyOf(name)
    return family === undefined ? [] : seriesOf(family, samples)
  })
}

function* entriesOf(generated: GeneratedSamples): Iterable<readonly [string, Iterable<ValueSample>]> {
  const entries = generated instanceof Map ? generated : Object.entries(generated)
  for (const [collector, samples] of entries as Iterable<[ValueCollector | string, Iterable<ValueSample>]>) {
    yield [typeof collector === 'string' ? collector : collector.name, samples]
  }
}

function seriesOf(family: FamilyDescriptor, samples: Iterable<ValueSample>): FoundSeries[] {
  const numbersByKey = new Map<SeriesKey, Map<string | undefined, number>>()
  for (const { suffix = '', labels, value } of samples) {
    const labelValues = labels ?? {}
    const key = seriesKey(
      family.labelNames.map((name) => (Object.hasOwn(labelValues, name) ? (labelValues[name] ?? null) : null)),
    )
    let numbers = numbersByKey.get(key)
    if (numbers === undefined) numbersByKey.set(key, (numbers = new Map()))
    const state = family.type === 'stateset' ? labelValues[family.name] : undefined
    numbers.set(state ?? bucketOfSample(family, suffix, labelValues.le), value)
  }
  return [...numbersByKey].map(([key, numbers]) => ({ family, key, numbers }))
}
