import client from '@prometheus-io/client'

export const { Counter, Gauge, Histogram, register, Summary } = client

/** Every process must make one: a worker announces itself with it, and the primary's answers for all. */
export function joinCluster() {
  const registry = new client.ClusterRegistry()
  return { metrics: () => registry.clusterMetrics() }
}
