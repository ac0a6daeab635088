import type client from '@prometheus-io/client'
import { Counter } from '@prometheus-io/client'
import fastify from 'fastify'
import fastifyMetrics, { type IFastifyMetrics, type IMetricsPluginOptions } from 'fastify-metrics'

const options: Partial<IMetricsPluginOptions> = {
  endpoint: '/metrics',
  defaultMetrics: { enabled: true, prefix: 'shop_' },
  routeMetrics: {
    overrides: { histogram: { buckets: [0.1, 1] }, summary: { percentiles: [0.5], maxAgeSeconds: 600 } },
  },
}

export async function start(): Promise<void> {
  await fastify().register(fastifyMetrics, options)
}

// `app.metrics` has the type of version 13 here: both versions declare it.
export function count({ client: used }: IFastifyMetrics): void {
  const same: typeof client = used
  new same.Gauge({ name: 'stock', help: 'Stock.', labelNames: ['item'] as const }).set({ item: 'book' }, 3)
  new Counter({ name: 'purchases_total', help: 'Purchases.' }).inc()
}
