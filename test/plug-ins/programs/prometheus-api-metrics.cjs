const express = require('express')
const apiMetrics = require('prometheus-api-metrics')
const { inWorkers } = require('./in-workers.cjs')

inWorkers((port) => {
  const app = express()
  app.use(apiMetrics())
  app.get('/buy', (_, response) => response.send('bought'))
  app.listen(port, '127.0.0.1')
})
