import type { Exemplar } from '../../model/exemplar.js'
import type { Sample, SampleFamily } from '../../model/family.js'
import { isLabelObject, type LabelSet } from '../../model/label-set.js'
import { checkMetricName, describe } from '../../model/metric-name.js'
import { type MetricType, metricTypes } from '../../model/metric-type.js'
import type { PlugInObject } from './plug-in-metrics.js'

const legalLabel = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** A value as plug-ins return it. */
interface PlugInValue {
  readonly metricName?: unknown
  readonly labels?: unknown
  /** More labels, shown after all others. */
  readonly sharedLabels?: unknown
  readonly value?: unknown
  readonly exemplar?: unknown
}

/**
 * What `get()` of a plug-in returned, as the family that a scrape shows, with the registry's default labels in their place.
 *
 * @throws an error that says why no format could show it: one line that no parser reads would cost the whole scrape
 */
export function plugInFamily(object: PlugInObject, defaultLabels: LabelSet): SampleFamily {
  if (typeof object !== 'object' || object === null) {
    throw new TypeError(`get() must return an object with name, help, type and values, got ${describe(object)}`)
  }
  const { name, help, type, values = [] } = object as Partial<Record<keyof PlugInObject, unknown>>
  checkMetricName(name)
  if (!Array.isArray(values)) throw new TypeError(`values must be an array, got ${describe(values)}`)
  return {
    name,
    help: String(help ?? ''),
    type: (metricTypes as readonly unknown[]).includes(type) ? (type as MetricType) : 'unknown',
    samples: (values as PlugInValue[]).map((value) => sampleOf(name, value, defaultLabels)),
  }
}

function sampleOf(family: string, pluginValue: PlugInValue, defaultLabels: LabelSet): Sample {
  const { metricName = family, value, exemplar } = Object(pluginValue) as PlugInValue
  checkMetricName(metricName)
  if (typeof value !== 'number') throw new TypeError(`${describe(value)} is not a number`)
  if (pluginValue.sharedLabels === null) throw new TypeError('sharedLabels must be an object of label values, got null')
  const shared = textsOf(pluginValue.sharedLabels)
  const sampleLabels = textsOf(pluginValue.labels)
  const before = Object.entries({ ...sampleLabels, ...defaultLabels, ...sampleLabels }).filter(
    ([label]) => !Object.hasOwn(shared, label),
  )
  return {
    name: metricName,
    labels: { ...Object.fromEntries(before), ...shared },
    value,
    exemplar: exemplarOf(exemplar),
  }
}

/** Label values as they are shown. */
function textsOf(labels: unknown): LabelSet {
  if (labels === undefined || labels === null) return {}
  if (!isLabelObject(labels)) throw new TypeError(`labels must be an object of label values, got ${describe(labels)}`)
  const entries = Object.entries(labels)
  for (const [label] of entries)
    if (!legalLabel.test(label)) throw new TypeError(`${describe(label)} is not a label name`)
  return Object.fromEntries(entries.map(([label, value]) => [label, String(value)]))
}

function exemplarOf(exemplar: unknown): Exemplar | undefined {
  if (typeof exemplar !== 'object' || exemplar === null) return undefined
  const { labelSet, value, timestamp } = exemplar as Record<string, unknown>
  if (typeof value !== 'number') return undefined
  return { labels: textsOf(labelSet), value, ...(typeof timestamp === 'number' && { timestamp }) }
}
