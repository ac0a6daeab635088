import {
  type Aggregate,
  type AggregatedObject,
  aggregated,
  aggregators as promClientAggregators,
  AggregatorFactory as promClientFactory,
} from '../prom-client/aggregators.js'
import { aggregatorIn } from '../prom-client/metric-object.js'

/**
 * Returns an aggregator, which makes one metric of several: samples with the same name and the same labels become one.
 *
 * @param aggregate returns the value of one sample
 * @example aggregators.last = AggregatorFactory((values) => values.at(-1).value)
 */
export function AggregatorFactory(aggregate: Parameters<typeof promClientFactory>[0]): Aggregate {
  return byNames(promClientFactory(aggregate))
}

/** How the metrics of several processes or registries become one, by the name of the aggregator. */
export const aggregators: Record<string, Aggregate> = Object.fromEntries(
  Object.entries(promClientAggregators).map(([name, aggregate]) => [name, byNames(aggregate)]),
)

/** Returns one metric for several of the same name, with the aggregator that the first one names: the sum, if it names none. */
export function aggregatedOrSum(metrics: readonly AggregatedObject[]): AggregatedObject | undefined {
  return aggregated(metrics, aggregators, aggregatorIn(metrics[0]!))
}

/** In this client, samples with one name follow each other, and may lack labels. */
function byNames(aggregate: Aggregate): Aggregate {
  return (metrics) => {
    const metric = aggregate(metrics.map(withLabels))
    if (metric === undefined) return undefined
    const names = [...new Set(metric.values.map(({ metricName }) => metricName))]
    const values = metric.values.toSorted((a, b) => names.indexOf(a.metricName) - names.indexOf(b.metricName))
    return { ...metric, values }
  }
}

function withLabels(metric: AggregatedObject): AggregatedObject {
  return { ...metric, values: metric.values.map((value) => ({ ...value, labels: value.labels ?? {} })) }
}
