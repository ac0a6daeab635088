import type { MetricValue, MetricValues } from '../metric/metric-values.js'
import { type Family, type FamilyTable, isTable, type Sample, type SampleFamily } from '../model/family.js'
import type { LabelSet } from '../model/label-set.js'
import { isCumulative } from '../model/layout/metric-types.js'
import { quantileOf } from '../model/layout/summary.js'
import type { MetricType } from '../model/metric-type.js'
import { sampleNames } from '../model/sample-names.js'
import { labelValuesOf } from '../model/series-key.js'

/** Converts the result of a plug-in's `get()` to a family. */
export function familyFromValues({ name, help, type, values }: MetricValues): SampleFamily {
  let changed = false
  // A plug-in may have no `values` yet.
  const samples = (values ?? []).map(({ metricName, labels = {}, value }): Sample => {
    const textLabels: Record<string, string> = {}
    for (const [label, labelValue] of Object.entries(labels)) {
      const text = String(labelValue)
      textLabels[label] = text.toWellFormed()
      changed ||= textLabels[label] !== text
    }
    return { name: metricName ?? name, labels: textLabels, value }
  })
  return { name, help, type: String(type) as MetricType, samples: changed ? once(samples, type) : samples }
}

/** Merges samples that now have the same labels: counts are summed; of other values, the last one is kept. */
function once(samples: readonly Sample[], type: string): readonly Sample[] {
  const samplesByIdentity = new Map<string, Sample>()
  for (const sample of samples) {
    const identity = JSON.stringify([sample.name, Object.entries(sample.labels).sort()])
    const before = isCumulative(type) ? samplesByIdentity.get(identity) : undefined
    samplesByIdentity.set(identity, before === undefined ? sample : { ...sample, value: before.value + sample.value })
  }
  return [...samplesByIdentity.values()]
}

/** Converts a family to prom-client's form, as `get()` and `getMetricsAsJSON()` return it. */
export function valuesOf(family: Family, defaultLabels: LabelSet = {}): MetricValues {
  const values: MetricValue[] = []
  if (!isTable(family)) {
    for (const { name, labels, value } of family.samples) {
      const metricValue = { labels: { ...defaultLabels, ...labels }, value }
      values.push(name === family.name ? metricValue : { ...metricValue, metricName: name })
    }
    return { name: family.name, help: family.help, type: family.type, values, aggregator: 'sum' }
  }
  const { name, help, type } = family.family
  for (const row of family.order) {
    const at = family.bases[row]!
    if (!family.layout.present(family.slots, at)) continue
    const labels = { ...defaultLabels, ...labelsOf(family.labelNames, labelValuesOf(family.keys[row]!)) }
    values.push(...valuesOfRow(family, at, labels))
  }
  return { name, help, type, values, aggregator: 'sum' }
}

function valuesOfRow({ family, slots }: FamilyTable, at: number, labels: LabelSet): readonly MetricValue[] {
  const { name } = family
  switch (family.type) {
    case 'histogram': {
      const { bounds } = family
      let count = 0
      const buckets = [...bounds, '+Inf'].map((le, i): MetricValue => {
        count += slots[at + 1 + i]!
        return { labels: { le, ...labels }, value: count, metricName: `${name}_bucket` }
      })
      return [...buckets, ...sumAndCount(name, labels, slots[at]!, count)]
    }
    case 'summary': {
      const quantiles = family.quantiles.map((quantile): MetricValue => {
        return { labels: { quantile, ...labels }, value: quantileOf(family, slots, at, quantile) }
      })
      return [...quantiles, ...sumAndCount(name, labels, slots[at]!, slots[at + 1]!)]
    }
    case 'stateset':
      return family.states.map((state, i) => ({ labels: { ...labels, [name]: state }, value: slots[at + 1 + i]! }))
    case 'info': {
      const sampleName = sampleNames(family).at(-1)!
      return [{ labels, value: 1, ...(sampleName !== name && { metricName: sampleName }) }]
    }
    default:
      return [{ value: slots[family.type === 'gauge' ? at + 1 : at]!, labels }]
  }
}

function sumAndCount(name: string, labels: LabelSet, sum: number, count: number): readonly MetricValue[] {
  return [
    { labels, value: sum, metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` },
  ]
}

function labelsOf(names: readonly string[], values: readonly (string | null)[]): LabelSet {
  return Object.fromEntries(names.flatMap((name, i) => (values[i] === null ? [] : [[name, values[i]!]])))
}
