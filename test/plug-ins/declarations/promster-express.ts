import { createMiddleware, defaultRegister, getSummary, Prometheus, type TPromsterOptions } from '@promster/express'
import express from 'express'
import { Summary } from 'prom-client'

const options: TPromsterOptions = { metricTypes: ['httpRequestsTotal', 'httpRequestsSummary'], metricPrefix: 'shop_' }
const app = express()
app.use(createMiddleware({ app, options }))
new Prometheus.Gauge({ name: 'stock', help: 'Stock.', registers: [defaultRegister] }).set(3)
new Summary({ name: 'prices', help: 'Prices.', percentiles: [0.5], registers: [defaultRegister] }).observe(1)
export const text: Promise<string> = getSummary()
