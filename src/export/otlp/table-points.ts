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
    const attributes = attributesOf(labelNames, labelValuesOf(key), defaults, defaultLabels)
    const start = created[row]! * 1000
    if (family.type === 'stateset') {
      for (const [i, state] of family.states.entries()) {
        const ofState: Attributes = [...attributes, [family.name, state]]
        yield { key, attributes: ofState, start, value: slots[at + 1 + i]!, exemplars: none }
      }
      continue
    }
    const found = table.exemplars?.get(row)
    const exemplars = found === undefined ? none : [...found.values()].map(otlpExemplar)
    yield pointOf(family, key, attributes, start, slots, at, exemplars)
  }
}

function attributesOf(
  names: readonly string[],
  values: readonly (string | null)[],
  defaults: Attributes,
  defaultLabels: LabelSet,
): Attributes {
  const attributes: (readonly [string, string])[] = [...defaults]
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!
    const value = values[i] ?? defaultLabels[name]
    if (value !== undefined) attributes.push([name, value])
  }
  return attributes
}

/** Without copies of objects, because there is one call for each series. */
function pointOf(
  family: Exclude<FamilyDescriptor, { readonly type: 'stateset' }>,
  key: string,
  attributes: Attributes,
  start: number,
  slots: Float64Array,
  at: number,
  exemplars: readonly OtlpExemplar[],
): Point {
  switch (family.type) {
    case 'histogram': {
      const { bounds } = family
      const counts = Array.from(slots.subarray(at + 1, at + 2 + bounds.length))
      return { key, attributes, start, sum: slots[at]!, bounds, counts, exemplars }
    }
    case 'summary': {
      const values = family.quantiles.map((q) => [q, quantileOf(family, slots, at, q)] as const)
      const quantiles = values.filter(([, value]) => !Number.isNaN(value))
      return { key, attributes, start, sum: slots[at]!, count: slots[at + 1]!, quantiles }
    }
    case 'info':
      return { key, attributes, start, value: 1, exemplars: none }
    case 'gauge':
      return { key, attributes, start, value: slots[at + 1]!, exemplars: none }
    default:
      return { key, attributes, start, value: slots[at]!, exemplars }
  }
}
