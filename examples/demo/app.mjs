// The application of the demo: four workers answer on one port, and the primary opens a second one for scrapes.
// It also runs alone, as an ordinary clustered application: node examples/demo/app.mjs
import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Counter, Gauge, Histogram, register, startMetricsServer } from 'promhive'

const workers = 4

if (cluster.isPrimary) await runPrimary()
else runWorker()

async function runPrimary() {
  let stopping = false
  let listening = 0
  const metrics = await startMetricsServer({ port: 0 })
  cluster.on('message', (_, message) => send(message))
  cluster.on('listening', ({ process: { pid } }, { port }) => {
    send({ event: 'listening', pid })
    if (++listening === workers) opened(`http://127.0.0.1:${port}`, metrics)
  })
  cluster.on('exit', ({ process: { pid } }) => {
    if (stopping) return
    send({ event: 'ended', pid })
    // A worker that cannot start would be restarted forever.
    if (listening < workers) process.exit(1)
    cluster.fork()
  })
  for (let i = 0; i < workers; i++) cluster.fork()

  const stop = async () => {
    if (stopping) return
    stopping = true
    for (const { process: worker } of Object.values(cluster.workers)) worker.kill('SIGKILL')
    await metrics.close()
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  // The process that started this application over a channel has ended.
  process.on('disconnect', stop)
}

function opened(url, { url: metrics, pageUrl: page }) {
  if (process.send === undefined) console.log(`application at ${url}, a page about it at ${page}`)
  send({ event: 'open', url, metrics, page })
}

function send(message) {
  process.send?.(message)
}

function runWorker() {
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered.',
    labelNames: ['method', 'route', 'status'],
  })
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time to answer a request.',
    labelNames: ['method', 'route'],
  })
  const inFlight = new Gauge({ name: 'http_requests_in_flight', help: 'Requests being answered.' })
  const pid = new Gauge({ name: 'worker_pid', help: 'Process id of the worker on each seat.', mode: 'liveall' })
  pid.set(process.pid)

  // For comparison: what a registry of this process alone would count.
  let alone = 0

  const server = createServer(async (request, response) => {
    const { method, url } = request
    response.setHeader('X-Worker', process.pid)
    if (url === '/metrics') {
      response.setHeader('Content-Type', register.contentType)
      response.end(await register.metrics())
      return
    }
    if (url === '/metrics-alone') {
      response.end(`# TYPE http_requests_total counter\nhttp_requests_total ${alone}\n`)
      return
    }
    const end = duration.startTimer()
    inFlight.inc()
    const { route, status, body } = await answer(method, url)
    requests.inc({ method, route, status })
    alone++
    end({ method, route })
    inFlight.dec()
    response.writeHead(status, { 'Content-Type': 'text/plain' }).end(body)
  })
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')

  // Ctrl-C reaches every process of a terminal, but the primary decides when the workers end.
  process.on('SIGINT', () => {})
  process.on('warning', ({ code }) => {
    if (code === 'PROMHIVE_BUFFERED') process.send({ event: 'buffered' })
  })
}

async function answer(method, url) {
  await sleep(1 + Math.random() * 8)
  if (url === '/') return { route: '/', status: 200, body: 'Welcome. See /items/1, /metrics and /metrics-alone.\n' }
  if (/^\/items\/\d+$/.test(url)) return { route: '/items/:id', status: 200, body: `Item ${url.slice(7)}\n` }
  if (method === 'POST' && url === '/orders') return { route: '/orders', status: 201, body: 'Ordered.\n' }
  return { route: 'none', status: 404, body: 'Nothing here.\n' }
}
