// A server that answers as little as a server may, with nothing or with what a peer measures it by. Asked over its channel.
import { createServer } from 'node:http'

const { framework, measuredBy } = JSON.parse(process.argv[2])

const applications = {
  async http() {
    return createServer((_request, response) => response.end('hello'))
  },
  async express() {
    const { default: express } = await import('express')
    const application = express()
    if (measuredBy === 'express-prom-bundle') {
      const { default: bundle } = await import('express-prom-bundle')
      application.use(bundle({ includeMethod: true, includePath: true, promClient: { collectDefaultMetrics: {} } }))
    }
    application.get('/users/:id', ({ params }, response) => response.json({ id: params.id }))
    return createServer(application)
  },
  async fastify() {
    const { default: fastify } = await import('fastify')
    const application = fastify()
    if (measuredBy === 'fastify-metrics') {
      const { default: metrics } = await import('fastify-metrics')
      await application.register(metrics.default ?? metrics, { endpoint: '/metrics' })
    }
    application.get('/users/:id', async ({ params }) => ({ id: params.id }))
    await application.ready()
    return application.server
  },
}

/** How many requests the peer has counted; the bare server does not know. */
async function counted() {
  if (measuredBy === 'nothing') return undefined
  const { register } = measuredBy === 'promhive' ? await import('../../dist/esm/index.js') : await import('prom-client')
  const text = await register.metrics()
  return [...text.matchAll(/^http_request_duration_seconds_count(?:\{[^}]*\})? (\d+)/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  )
}

const server = await applications[framework]()
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
process.on('message', async () => {
  const { user, system } = process.cpuUsage()
  process.send({ microseconds: user + system, counted: await counted() })
})
process.on('disconnect', () => process.exit())
