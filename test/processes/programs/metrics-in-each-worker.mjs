// An application in which each worker opens a metrics port itself. A worker that ends is replaced.
import cluster from 'node:cluster'
import { Counter, startMetricsServer } from 'promhive'

const port = Number(process.env.METRICS_PORT)

if (cluster.isPrimary) {
  let ready = 0
  const fork = () => cluster.fork()
  cluster.on('message', (worker, { url }) => {
    console.log(`worker ${worker.process.pid} serves ${url}`)
    if (++ready === 3) console.log('all are ready')
  })
  cluster.on('exit', fork)
  for (let i = 0; i < 3; i++) fork()
  process.on('disconnect', () => process.exit())
} else {
  new Counter({ name: 'starts_total', help: 'Workers started.' }).inc()
  const url = await startMetricsServer({ port, attempts: 1 }).then(
    (server) => server.url,
    ({ code }) => code,
  )
  process.send({ url })
}
