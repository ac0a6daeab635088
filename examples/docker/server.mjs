// A server like any other: what starts it four times is the Dockerfile's CMD.
import { createServer } from 'node:http'
import { Counter } from 'promhive'

const orders = new Counter({ name: 'shop_orders_total', help: 'Orders taken', labelNames: ['kind'] })

createServer((request, response) => {
  if (request.url === '/order') orders.inc({ kind: 'book' })
  response.end('thank you\n')
}).listen(Number(process.env.PORT))
