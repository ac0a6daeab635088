import type { MetricValue, MetricValues } from '../metric/metric-values.js'
import { sampleEndings } from '../model/family.js'
import { checkLabelNames, isLabelObject } from '../model/label-set.js'
import { checkMetricName, describe } from '../model/metric-name.js'
import { metricTypes } from '../model/metric-type.js'

/**
 * Checks the result of a plug-in's `get()`: one invalid line would make the whole scrape unreadable.
 *
 * @param registered the name that the metric was registered under, if it has one
 * @throws an error that names the fault
 */
export function checkPlugInValues(registered: unknown, result: unknown): MetricValues {
  if (typeof result !== 'object' || result === null) {
    throw new TypeError(`get() must return an object with name, help, type and values, got ${describe(result)}`)
  }
  const { name, help, type, values = [] } = result as Partial<Record<keyof MetricValues, unknown>>
  checkMetricName(name)
  if (registered !== undefined && name !== registered)
    throw new TypeError(`get() returned a family with another name, ${name}`)
  if (typeof help !== 'string') throw new TypeError(`help must be a string, got ${describe(help)}`)
  const known = type === 'untyped' ? 'unknown' : type
  if (!(metricTypes as readonly unknown[]).includes(known)) {
    throw new TypeError(`type must be one of ${metricTypes.join(', ')}, got ${describe(type)}`)
  }
  // A plug-in may have no values yet.
  if (!Array.isArray(values)) throw new TypeError(`values must be an array, got ${describe(values)}`)
  for (const value of values as unknown[]) checkValue(name, value)
  return { ...(result as MetricValues), type: known as string }
}

function checkValue(family: string, metricValue: unknown): void {
  const { metricName = family, labels = {}, value } = Object(metricValue) as Partial<Record<keyof MetricValue, unknown>>
  // OpenMetrics adds `_total` and `_info` itself, or keeps them.
  const bases = [family, family.replace(/_(?:total|info)$/, '')]
  if (!bases.some((base) => sampleEndings.some((ending) => metricName === `${base}${ending}`))) {
    throw new TypeError(`${describe(metricName)} is not a sample of the family ${family}`)
  }
  if (typeof value !== 'number') throw new TypeError(`${describe(value)} is not a number`)
  if (!isLabelObject(labels)) {
    throw new TypeError(`labels must be an object of label values, got ${describe(labels)}`)
  }
  checkLabelNames(family, Object.keys(labels))
}
