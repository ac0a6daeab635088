import { prometheus } from '@hono/prometheus'
import { Hono } from 'hono'
import { Counter, Registry } from 'prom-client'

const registry = new Registry()
const { printMetrics, registerMetrics } = prometheus({
  registry,
  collectDefaultMetrics: { prefix: 'shop_', register: registry },
  metricOptions: { requestDuration: { customLabels: { zone: () => 'a' } } },
})
const purchases = new Counter({ name: 'purchases_total', help: 'Purchases.', registers: [registry] })
export const app = new Hono()
  .use('*', registerMetrics)
  .get('/metrics', printMetrics)
  .get('/buy', (context) => {
    purchases.inc()
    return context.text('bought')
  })
