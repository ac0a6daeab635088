// A usual HTTP application, independent of how it is started, and how many times.
import { createServer } from 'node:http'
import { Counter, collectDefaultMetrics, register } from 'promhive'

collectDefaultMetrics()
const requests = new Counter({ name: 'http_requests_total', help: 'Requests.', labelNames: ['path'] })

const server = createServer(async (request, response) => {
  const path = request.url.split('?')[0]
  if (path === '/metrics') {
    const { contentType, chunks } = await register.expose(request.headers.accept)
    response.setHeader('Content-Type', contentType).end(Buffer.concat(chunks))
    return
  }
  requests.inc({ path })
  response.end(String(process.pid))
})
server.keepAliveTimeout = 100
const base = Number(process.env.PORT)
// In PM2's fork mode every instance has a port of its own.
server.listen(
  process.env.exec_mode === 'fork_mode' ? base + Number(process.env.NODE_APP_INSTANCE) : base,
  '127.0.0.1',
  () => process.send?.('ready'),
)
process.on('SIGINT', () => server.close(() => process.exit(0)))
