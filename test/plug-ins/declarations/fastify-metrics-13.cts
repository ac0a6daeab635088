import fastify from 'fastify'
import fastifyMetrics, { type IMetricsPluginOptions } from 'fastify-metrics-13'
import client, { type Registry } from 'prom-client'

const options: Partial<IMetricsPluginOptions> = {
  endpoint: '/metrics',
  promClient: client,
  defaultMetrics: { enabled: true, register: client.register, gcDurationBuckets: [0.1, 1] },
  routeMetrics: { overrides: { histogram: { registers: [client.register], buckets: [0.1, 1] } } },
}

export async function start(): Promise<Registry> {
  const app = fastify()
  await app.register(fastifyMetrics, options)
  return app.metrics.client.register
}
