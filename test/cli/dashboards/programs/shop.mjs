// A server with metrics of its own, which calls another route of itself, and sends to destinations that are not there.
import { createServer } from 'node:http'
import { Counter, Gauge, Histogram, Summary } from 'promhive'
import { Pushgateway } from 'promhive/pushgateway'
import { startRedisForwarder } from 'promhive/redis-forwarder'

const orders = new Counter({ name: 'shop_orders_total', help: 'Orders.', labelNames: ['kind'] })
const values = new Histogram({ name: 'shop_order_value_euros', help: 'Values of orders.', buckets: [1, 10, 100] })
const carts = new Gauge({ name: 'shop_carts', help: 'Open carts.' })
const packing = new Summary({ name: 'shop_packing_seconds', help: 'Time to pack an order.' })
// A label that never repeats, beyond its limit.
const limited = new Counter({ name: 'shop_visits_total', help: 'Visits.', labelNames: ['visitor'], maxSeries: 1 })

const nowhere = Number(process.env.CLOSED_PORT)
if (nowhere > 0) {
  startRedisForwarder({ host: '127.0.0.1', port: nowhere, interval: 1 })
  await new Pushgateway(`http://127.0.0.1:${nowhere}`).push({ jobName: 'shop' }).catch(() => {})
}

createServer(async (request, response) => {
  orders.inc({ kind: request.method })
  values.observe(12)
  carts.set(3)
  packing.observe(0.2)
  if (request.url === '/visit') for (const visitor of ['a', 'b']) limited.inc({ visitor })
  if (request.url === '/fail') response.statusCode = 503
  if (request.url === '/outgoing') await (await fetch(`http://127.0.0.1:${process.env.PORT}/`)).text()
  response.end(String(process.pid))
}).listen(Number(process.env.PORT), '127.0.0.1')
