import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { Counter, Histogram, startMetricsServer } from 'promhive'

if (cluster.isPrimary) {
  for (let i = 0; i < 4; i++) cluster.fork()
  cluster.on('exit', () => cluster.fork())
  const metrics = await startMetricsServer({ port: 9464 })
  console.log(`metrics at ${metrics.url}`)
} else {
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered.',
    labelNames: ['method', 'status'],
  })
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time to answer a request.',
    buckets: [0.01, 0.1, 1],
  })

  const server = createServer((request, response) => {
    const end = duration.startTimer()
    response.end(`hello from ${process.pid}\n`)
    requests.inc({ method: request.method, status: response.statusCode })
    end()
  })
  server.listen(3000)
}
