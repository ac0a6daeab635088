const fastify = require('fastify')
const fastifyMetrics = require('fastify-metrics-13')
const { inWorkers } = require('./in-workers.cjs')

inWorkers(async (port) => {
  const app = fastify()
  await app.register(fastifyMetrics, { endpoint: '/metrics' })
  app.get('/buy', async () => 'bought')
  await app.listen({ port, host: '127.0.0.1' })
})
