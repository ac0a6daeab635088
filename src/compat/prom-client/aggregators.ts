import type { MetricObjectWithValues, MetricValueWithName } from './types.js'

/** Combines one metric of several processes or registries; returns undefined to omit it. */
type Aggregate = (metrics: readonly AggregatedObject[]) => AggregatedObject | undefined

/** A metric as `getMetricsAsJSON()` returns it. */
export type AggregatedObject = MetricObjectWithValues<MetricValueWithName<string>>

/**
 * Returns an aggregator, which makes one metric of several: samples with the same name and the same labels become one.
 *
 * @param aggregate returns the value of one sample
 * @example aggregators.last = AggregatorFactory((values) => values.at(-1).value)
 */
export function AggregatorFactory(aggregate: (values: readonly MetricValueWithName<string>[]) => number): Aggregate {
  return (metrics) => {
    if (metrics.length === 0) return undefined
    const { help, name, type, aggregator } = metrics[0]!
    const groups = new Map<string, MetricValueWithName<string>[]>()
    for (const metric of metrics) {
      for (const value of metric.values) {
        const key = keyOf(value)
        const group = groups.get(key)
        if (group === undefined) groups.set(key, [value])
        else group.push(value)
      }
    }
    const values = [...groups.values()].map((group) => {
      const { labels, metricName } = group[0]!
      return { value: aggregate(group), labels, ...(metricName && { metricName }) }
    })
    return { help, name, type, values, aggregator } as AggregatedObject
  }
}

function keyOf({ metricName, labels }: MetricValueWithName<string>): string {
  const given = Object.entries(labels).filter(([, value]) => value !== undefined)
  return JSON.stringify([metricName, given.map(([label, value]) => [label, `${value}`]).sort()])
}

/** How the metrics of several processes or registries become one, by the name of the aggregator. */
export const aggregators: Record<string, Aggregate> = {
  sum: AggregatorFactory((values) => values.reduce((sum, { value }) => sum + value, 0)),
  first: AggregatorFactory((values) => values[0]!.value),
  omit: () => undefined,
  average: AggregatorFactory((values) => values.reduce((sum, { value }) => sum + value, 0) / values.length),
  min: AggregatorFactory((values) => values.reduce((least, { value }) => Math.min(least, value), Infinity)),
  max: AggregatorFactory((values) => values.reduce((most, { value }) => Math.max(most, value), -Infinity)),
}

/**
 * Returns one metric for several of the same name, with the aggregator that the first one names.
 *
 * @throws Error for an aggregator that is not among `aggregators`
 */
export function aggregated(metrics: readonly AggregatedObject[]): AggregatedObject | undefined {
  const { aggregator } = metrics[0]!
  const aggregate = aggregators[aggregator]
  if (typeof aggregate !== 'function') throw new Error(`'${aggregator}' is not a defined aggregator.`)
  return aggregate(metrics)
}
