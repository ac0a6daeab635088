// An application with a port of its own and a metrics port: prints both.
import { createServer } from 'node:http'
import { Counter, startMetricsServer } from 'promhive'

new Counter({ name: 'served_total', help: 'Served.' }).inc(3)
const metrics = await startMetricsServer({ port: 0 })
const application = createServer((_, response) => response.end('served')).listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ application: application.address().port, metrics: metrics.port }))
})
