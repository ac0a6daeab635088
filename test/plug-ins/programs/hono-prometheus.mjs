import { serve } from '@hono/node-server'
import { prometheus } from '@hono/prometheus'
import { Hono } from 'hono'
import { inWorkers } from './in-workers.cjs'

inWorkers((port) => {
  const app = new Hono()
  const { printMetrics, registerMetrics } = prometheus({ collectDefaultMetrics: true })
  app.use('*', registerMetrics)
  app.get('/metrics', printMetrics)
  app.get('/buy', (context) => context.text('bought'))
  serve({ fetch: app.fetch, port, hostname: '127.0.0.1' })
})
