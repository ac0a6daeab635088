import type { MetricObjectWithValues, MetricValueWithName } from './types.js'

/** Combines one metric of several processes or registries; returns undefined to omit it. */
export type Aggregate = (metrics: readonly AggregatedObject[]) => AggregatedObject | undefined

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
  const presentLabels = Object.entries(labels).filter(([, value]) => value !== undefined)
  return JSON.stringify([metricName, presentLabels.map(([label, value]) => [label, `${value}`]).sort()])
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
 * Registers the metrics that `getMetricsAsJSON()` of several registries returned. Metrics of one name become one, by the
 * aggregator of the first of them.
 *
 * @param one returns one metric for several of a name
 * @throws Error for an aggregator that there is not
 */
export function registerAggregated(
  registry: { registerMetric(metric: never): void },
  metricsArr: readonly object[],
  one: Aggregate = aggregated,
): void {
  const named = new Map<string, AggregatedObject[]>()
  for (const metric of (metricsArr as readonly (readonly AggregatedObject[])[]).flat()) {
    const others = named.get(metric.name)
    if (others === undefined) named.set(metric.name, [metric])
    else others.push(metric)
  }
  for (const metrics of named.values()) {
    const metric = one(metrics)
    if (metric !== undefined) registry.registerMetric({ get: () => metric, ...metric } as unknown as never)
  }
}

/**
 * Returns one metric for several of the same name.
 *
 * @param byName the aggregators
 * @param aggregator the name of the one to use: that of the first metric by default
 * @throws Error for an aggregator that is not among them
 */
export function aggregated(
  metrics: readonly AggregatedObject[],
  byName: Readonly<Record<string, Aggregate>> = aggregators,
  aggregator: unknown = metrics[0]!.aggregator,
): AggregatedObject | undefined {
  const aggregate = byName[String(aggregator)]
  if (typeof aggregate !== 'function') throw new Error(`'${aggregator}' is not a defined aggregator.`)
  return aggregate(metrics)
}
