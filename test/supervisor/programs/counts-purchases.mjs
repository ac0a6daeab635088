// A server that counts its requests, in a backend if BACKEND names one: options of redis(), or { dir }.
import { createServer } from 'node:http'
import { Counter, configure } from 'promhive'
import { redis } from 'promhive/redis'

const { BACKEND, PORT } = process.env
if (BACKEND !== undefined) {
  const { dir, ...options } = JSON.parse(BACKEND)
  configure(dir === undefined || options.perHost ? { backend: redis({ ...options, dir }) } : { dir })
}
const purchases = new Counter({ name: 'purchases_total', help: 'Purchases.' })

createServer((_, response) => {
  purchases.inc()
  response.end(String(process.pid))
}).listen(Number(PORT), '127.0.0.1')
