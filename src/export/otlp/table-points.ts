import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { FamilyTable } from '../../model/family.js'
import type { LabelSet } from '../../model/label-set.js'
import { quantileOf } from '../../model/layout/summary.js'
import { labelValuesOf } from '../../model/series-key.js'
import { otlpExemplar } from './exemplar.js'
import type { Attributes, OtlpExemplar, Point } from './point.js'

const none: readonly OtlpExemplar[] = []

/**
 * Returns the points of the merged series of a table, one after the other: the values are read when a point is
 * requested.
 *
 * @param defaultLabels labels of every series that has no label of that name
 */
export function* tablePoints(table: FamilyTable, defaultLabels: LabelSet): Iterable<Point> {
  const { family, labelNames, layout, keys, bases, created, order, slots } = table
  const defaults = Object.entries(defaultLabels).filter(([name]) => !labelNames.includes(name))
  for (const row of order) {
    const at = bases[row]!
    if (!layout.present(slots, at)) continue
    const key = keys[row]!
    const values = labelValuesOf(key)
    const attributes: [string, string][] = [...defaults]
    for (let i = 0; i < labelNames.length; i++) {
      const [name, value] = [labelNames[i]!, values[i] ?? defaultLabels[labelNames[i]!]]
      if (value !== undefined) attributes.push([name, value])
    }
    const found = table.exemplars?.get(row)
    const exemplars = found === undefined ? none : [...found.values()].map(otlpExemplar)
    yield* pointsOf(family, { key, attributes, start: created[row]! * 1000 }, slots, at, exemplars)
  }
}

function* pointsOf(
  family: FamilyDescriptor,
  series: { readonly key: string; readonly attributes: Attributes; readonly start: number },
  slots: Float64Array,
  at: number,
  exemplars: readonly OtlpExemplar[],
): Iterable<Point> {
  switch (family.type) {
    case 'histogram': {
      const { bounds } = family
      const counts = Array.from(slots.subarray(at + 1, at + 2 + bounds.length))
      yield { ...series, sum: slots[at]!, bounds, counts, exemplars }
      return
    }
    case 'summary': {
      const values = family.quantiles.map((q) => [q, quantileOf(family, slots, at, q)] as const)
      const quantiles = values.filter(([, value]) => !Number.isNaN(value))
      yield { ...series, sum: slots[at]!, count: slots[at + 1]!, quantiles }
      return
    }
    case 'stateset':
      for (const [i, state] of family.states.entries()) {
        const attributes: Attributes = [...series.attributes, [family.name, state]]
        yield { ...series, attributes, value: slots[at + 1 + i]!, exemplars: none }
      }
      return
    case 'info':
      yield { ...series, value: 1, exemplars: none }
      return
    case 'counter':
      yield { ...series, value: slots[at]!, exemplars }
      return
    case 'gauge':
      yield { ...series, value: slots[at + 1]!, exemplars: none }
      return
    default:
      yield { ...series, value: slots[at]!, exemplars: none }
  }
}
