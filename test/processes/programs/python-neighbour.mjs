// An application of node:cluster whose metrics have the names of those in helpers/python/app.py.
import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { Counter, Gauge, Histogram, startMetricsServer } from 'promhive'

const jobs = new Counter({ name: 'shared_jobs_total', help: 'Jobs of both.', labelNames: ['kind'] })
const seconds = new Histogram({ name: 'shared_seconds', help: 'Durations of both.', buckets: [0.25, 1, 4] })
const level = new Gauge({ name: 'shared_level', help: 'Levels of both.', mode: 'livesum' })
const each = new Gauge({ name: 'shared_each', help: 'Each process of both.', mode: 'liveall' })
const conflict = new Gauge({
  name: 'app_sum',
  help: 'Another mode than Python has.',
  mode: 'max',
  labelNames: ['path'],
})

const [port, workers] = process.argv.slice(2).map(Number)

if (cluster.isPrimary) {
  const { url } = await startMetricsServer({ port: 0 })
  let listening = 0
  cluster.on('listening', () => {
    if (++listening === workers) console.log(`serving ${url}`)
  })
  for (let i = 0; i < workers; i++) cluster.fork()
  process.on('SIGTERM', () => process.exit(0))
} else {
  createServer((request, response) => {
    const number = Number(request.url.split('?')[1])
    jobs.inc({ kind: 'web' })
    jobs.inc({ kind: 'node' })
    seconds.observe(number % 8)
    level.set(1)
    each.set(1)
    conflict.set({ path: '/p0' }, 1)
    response.end('served')
  }).listen(port, '127.0.0.1')
}
