import { createServer } from 'node:http'
import { Queue } from 'bullmq'
import { orders, running } from './metrics.mjs'

const mails = new Queue('mails', { connection: { url: process.env.REDIS_URL } })
running.set({ kind: 'http' }, 1)

createServer(async (request, response) => {
  if (request.url === '/order') {
    await mails.add('confirmation', { to: 'customer@example.com' })
    orders.inc({ channel: 'http' })
  }
  response.end('thank you\n')
}).listen(Number(process.env.PORT ?? 8080))
