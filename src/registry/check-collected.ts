import { checkLabelNames, isLabelObject, labelText } from '../model/label-set.js'
import { checkHelp, checkMetricName, describe } from '../model/metric-name.js'
import { gaugeModes } from '../model/metric-type.js'
import type { CollectedFamily, CollectedValue } from './collector.js'

const types: readonly unknown[] = ['gauge', 'counter']

/**
 * Checks and returns the families of a collector. One invalid line would make the whole scrape unreadable.
 *
 * @throws an error that names the family and the fault
 */
export function checkCollected(families: unknown): readonly CollectedFamily[] {
  if (!Array.isArray(families)) throw new TypeError(`collect() gives an array of families, got ${describe(families)}`)
  for (const family of families as unknown[]) checkFamily(family)
  return families as readonly CollectedFamily[]
}

function checkFamily(family: unknown): void {
  if (typeof family !== 'object' || family === null) {
    throw new TypeError(`a family is an object with name, help, type and values, got ${describe(family)}`)
  }
  const { name, help, type, mode, values } = family as Record<keyof CollectedFamily, unknown>
  checkMetricName(name)
  checkHelp(name, help)
  if (!types.includes(type)) throw new TypeError(`${name}: its type is "gauge" or "counter", got ${describe(type)}`)
  if (mode !== undefined && !(gaugeModes as readonly unknown[]).includes(mode)) {
    throw new TypeError(`${name}: mode ${describe(mode)} is none of ${gaugeModes.join(', ')}`)
  }
  if (!Array.isArray(values)) throw new TypeError(`${name}: values must be an array, got ${describe(values)}`)
  for (const value of values as unknown[]) checkValue(name, type === 'counter', value)
}

function checkValue(name: string, counts: boolean, collectedValue: unknown): void {
  const { labels, value } = Object(collectedValue) as Record<keyof CollectedValue, unknown>
  if (typeof value !== 'number') throw new TypeError(`${name}: ${describe(value)} is not a number`)
  if (counts && !(value >= 0)) throw new RangeError(`${name}: the value of a counter is 0 or more, not ${value}`)
  if (labels === undefined) return
  if (!isLabelObject(labels)) {
    throw new TypeError(`${name}: labels must be an object of label values, got ${describe(labels)}`)
  }
  checkLabelNames(name, Object.keys(labels))
  for (const [label, text] of Object.entries(labels)) labelText(name, label, text)
}
