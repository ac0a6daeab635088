import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { Exemplar } from '../../model/exemplar.js'
import { type Family, type FamilyTable, isTable, type SampleFamily } from '../../model/family.js'
import { quantileOf } from '../../model/layout/summary.js'
import { type PassedLabels, rowLabels } from './series-labels.js'
import { seriesInOrder } from './series-order.js'
import type { MetricObjectWithValues, MetricValueWithName } from './types.js'

/** What the object of a family takes from the metric that this process has of it. */
export interface ObjectMember {
  readonly aggregator?: unknown
  readonly enableExemplars?: boolean
  /** The bounds of a histogram as they were given. */
  readonly upperBounds?: readonly unknown[]
  /** The quantiles of a summary as they were given, in that order. */
  readonly percentiles?: readonly number[]
}

/** One sample of a metric object. */
type ShownValue = MetricValueWithName<string> & { exemplar?: ShownExemplar | null | undefined }

interface ShownExemplar {
  readonly labelSet: Readonly<Record<string, string>>
  readonly value: number
  readonly timestamp: number | undefined
}

/** The aggregators of gauges of which this process has no metric. */
const aggregators: Readonly<Record<string, string>> = { min: 'min', max: 'max', average: 'average' }

/**
 * A family as `get()` and `getMetricsAsJSON()` of the client return it: its keys, and those of its samples, are in the
 * client's order.
 *
 * @param member the metric of this process; undefined for a family that only other processes have
 */
export function metricObject(
  member: ObjectMember | undefined,
  family: Family,
): MetricObjectWithValues<MetricValueWithName<string>> {
  const { name, help, type } = isTable(family) ? family.family : family
  const values = isTable(family) ? valuesOfTable(member, family) : valuesOfSamples(family)
  const aggregator = member !== undefined && 'aggregator' in member ? member.aggregator : aggregatorOf(family)
  const several = type === 'histogram' || type === 'summary'
  const object = several ? { name, help, type, values, aggregator } : { help, name, type, values, aggregator }
  // At run time, `type` is a text in the clients as well.
  return object as unknown as MetricObjectWithValues<MetricValueWithName<string>>
}

/** The aggregator that a metric or its object names: the sum, if it names none. */
export function aggregatorIn(named: { readonly aggregator?: unknown }): unknown {
  return named.aggregator ?? 'sum'
}

function aggregatorOf(family: Family): string {
  if (!isTable(family) || family.family.type !== 'gauge') return 'sum'
  return aggregators[family.family.mode.replace('live', '')] ?? 'sum'
}

function valuesOfSamples({ name: family, samples }: SampleFamily): ShownValue[] {
  return samples.map(({ name, labels, value }) => {
    return name === family ? { value, labels: { ...labels } } : { value, labels: { ...labels }, metricName: name }
  })
}

function valuesOfTable(member: ObjectMember | undefined, table: FamilyTable): ShownValue[] {
  const values: ShownValue[] = []
  for (const row of seriesInOrder(table)) {
    const at = table.bases[row]!
    if (!table.layout.present(table.slots, at)) continue
    const labels = rowLabels(table, row)
    values.push(...valuesOfRow(member, table, row, labels))
  }
  return values
}

function valuesOfRow(
  member: ObjectMember | undefined,
  table: FamilyTable,
  row: number,
  labels: PassedLabels,
): readonly ShownValue[] {
  const { family, slots } = table
  const at = table.bases[row]!
  switch (family.type) {
    case 'histogram':
      return valuesOfHistogram(family, member, table, row, labels)
    case 'summary': {
      const percentiles = member?.percentiles ?? family.quantiles
      const values = percentiles.map((quantile): ShownValue => {
        return { labels: { quantile, ...labels }, value: quantileShown(family, slots, at, quantile) }
      })
      const { name } = family
      values.push({ metricName: `${name}_sum`, labels, value: slots[at]! })
      values.push({ metricName: `${name}_count`, labels, value: slots[at + 1]! })
      return values
    }
    case 'stateset':
      return family.states.map((state, i) => ({
        value: slots[at + 1 + i]!,
        labels: { ...labels, [family.name]: state },
      }))
    case 'info':
      return [{ value: 1, labels }]
    case 'gauge':
      return [{ value: slots[at + 1]!, labels }]
    default: {
      const exemplar = table.exemplars?.get(row)?.get(0)
      return [{ value: slots[at]!, labels, ...(exemplar && { exemplar: shownExemplar(exemplar) }) }]
    }
  }
}

function valuesOfHistogram(
  { name, bounds }: FamilyDescriptor<'histogram'>,
  member: ObjectMember | undefined,
  { slots, bases, exemplars }: FamilyTable,
  row: number,
  labels: PassedLabels,
): readonly ShownValue[] {
  const at = bases[row]!
  const metricName = `${name}_bucket`
  let value = 0
  const values = [...bounds, '+Inf'].map((bound, i): ShownValue => {
    value += slots[at + 1 + i]!
    const exemplar = exemplars?.get(row)?.get(i)
    const le = (member?.upperBounds?.find((each) => Number(each) === bound) ?? bound) as number
    const none = bound === '+Inf' && member?.enableExemplars ? undefined : null
    return { value, metricName, exemplar: exemplar ? shownExemplar(exemplar) : none, labels: { le, ...labels } }
  })
  values.push({ value: slots[at]!, metricName: `${name}_sum`, exemplar: undefined, labels: { ...labels } })
  values.push({ value, metricName: `${name}_count`, exemplar: undefined, labels: { ...labels } })
  return values
}

/** A quantile as the clients show it: 0 before anything was observed. */
function quantileShown(family: FamilyDescriptor<'summary'>, slots: Float64Array, at: number, quantile: number): number {
  return quantileOf(family, slots, at, quantile) || 0
}

function shownExemplar({ labels, value, timestamp }: Exemplar): ShownExemplar {
  return { labelSet: labels, value, timestamp }
}
