// As the README of express-prom-bundle has it: each worker has /metrics, and the primary has cluster metrics on a port of its own.
const express = require('express')
const promBundle = require('express-prom-bundle')
const { AggregatorRegistry } = require('prom-client')
const { inWorkers } = require('./in-workers.cjs')

inWorkers(
  (port) => {
    const app = express()
    app.use(
      promBundle({
        includeMethod: true,
        includePath: true,
        promClient: { collectDefaultMetrics: {} },
      }),
    )
    app.use(
      promBundle({
        autoregister: false,
        includeUp: false,
        metricType: 'summary',
        httpDurationMetricName: 'http_request_summary_seconds',
        includePath: true,
        maxAgeSeconds: 600,
        ageBuckets: 5,
        pruneAgedBuckets: true,
      }),
    )
    app.get('/buy', (_, response) => response.send('bought'))
    // What each worker needs with prom-client.
    new AggregatorRegistry()
    // A worker answers for the cluster as well.
    app.use('/cluster', promBundle.clusterMetrics())
    app.listen(port, '127.0.0.1')
  },
  () => {
    const app = express()
    app.use('/metrics', promBundle.clusterMetrics())
    app.listen(Number(process.env.CLUSTER_PORT), '127.0.0.1')
  },
)
