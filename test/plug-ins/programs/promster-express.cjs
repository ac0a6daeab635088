const { createMiddleware, getContentType, getSummary, signalIsUp } = require('@promster/express')
const express = require('express')
const { inWorkers } = require('./in-workers.cjs')

inWorkers((port) => {
  const app = express()
  const metricTypes = [
    'httpRequestsTotal',
    'httpRequestsHistogram',
    'httpRequestsSummary',
    'httpContentLengthHistogram',
  ]
  app.use(createMiddleware({ app, options: { metricTypes } }))
  app.get('/buy', (_, response) => response.send('bought'))
  app.get('/metrics', async (_, response) => {
    response.setHeader('Content-Type', getContentType())
    response.end(await getSummary())
  })
  app.listen(port, '127.0.0.1', signalIsUp)
})
