import client from 'prom-client'

export const { Counter, Gauge, Histogram, register, Summary } = client

/** Every process must make one; only the primary's answers for all. */
export function joinCluster() {
  const registry = new client.AggregatorRegistry()
  return { metrics: () => registry.clusterMetrics() }
}
