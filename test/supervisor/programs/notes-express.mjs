// An Express application with promhive's middlewares, whose names are its own convention's.
import express from 'express'
import { errorMetrics, httpMetrics } from 'promhive/express'

class OutOfStock extends Error {}

express()
  .use(httpMetrics())
  .get('/pid', (_request, response) => response.end(String(process.pid)))
  .get('/orders/:id', () => {
    throw new OutOfStock('nothing left')
  })
  .use(errorMetrics())
  .use((_error, _request, response, _next) => response.status(503).end())
  .listen(Number(process.env.PORT), '127.0.0.1')
