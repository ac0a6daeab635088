import express from 'express'
import { Counter, register } from 'prom-client'
import apiMetrics, { expressMiddleware, HttpMetricsCollector } from 'prometheus-api-metrics'

const purchases = new Counter({ name: 'purchases_total', help: 'Purchases.', labelNames: ['item'] })
purchases.labels('book').inc()
const app = express()
app.use(apiMetrics({ metricsPath: '/metrics', durationBuckets: [0.1, 1] }), expressMiddleware())
HttpMetricsCollector.init({ prefix: 'shop' })
export const json = register.getMetricsAsJSON()
