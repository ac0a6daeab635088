import express from 'express'
import promBundle, { type Opts } from 'express-prom-bundle'
import { AggregatorRegistry, Registry } from 'prom-client'

const options: Opts = {
  includeMethod: true,
  metricType: 'summary',
  percentiles: [0.5],
  maxAgeSeconds: 600,
  promRegistry: new Registry(),
  promClient: { collectDefaultMetrics: { prefix: 'shop_', labels: { zone: 'a' } } },
}
const app = express()
app.use(promBundle(options), promBundle(options).metricsMiddleware)
app.use('/cluster', promBundle.clusterMetrics())
export const text: Promise<string> = new AggregatorRegistry().clusterMetrics()
