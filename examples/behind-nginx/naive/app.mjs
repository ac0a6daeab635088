// The same application with prom-client, as it works in a single process. In a cluster, each worker has a registry of its
// own, and a scrape shows that of the worker that happens to answer.
import cluster from 'node:cluster'
import express from 'express'
import { Counter, register } from 'prom-client'

if (cluster.isPrimary) {
  for (let i = 0; i < 4; i++) cluster.fork()
  cluster.on('exit', () => cluster.fork())
} else {
  const requests = new Counter({ name: 'http_requests_total', help: 'Requests answered.' })

  const app = express()
  app.get('/metrics', async (_request, response) => {
    response.type(register.contentType).send(await register.metrics())
  })
  app.use((_request, response, next) => {
    response.once('finish', () => requests.inc())
    next()
  })
  app.get('/', (_request, response) => {
    response.send('Welcome.\n')
  })
  app.listen(Number(process.env.PORT), process.env.HOST)
}
