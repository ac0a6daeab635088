// A primary of plain node:cluster that has a WorkerManager end its worker while that is answering.
import cluster from 'node:cluster'
import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { WorkerManager } from 'promhive/supervisor'

if (cluster.isPrimary) {
  const worker = cluster.fork()
  await once(worker, 'listening')
  const answer = new Promise((resolve) => {
    get({ host: '127.0.0.1', port: process.env.PORT }, (response) =>
      response.on('data', (body) => resolve(String(body))),
    )
  })
  await once(worker, 'message')
  const manager = new WorkerManager(console)
  const ended = manager.shutdownWorker(worker, 60_000)
  console.log(`answered while leaving: ${await answer}`)
  console.log(`ended by itself: ${await ended}, and again: ${await manager.shutdownWorker(worker)}`)
} else {
  const server = createServer((_, response) => {
    process.send('asked')
    setTimeout(() => response.end('slow'), 500)
  })
  server.listen(Number(process.env.PORT), '127.0.0.1')
  const staying = setInterval(() => {}, 1000)
  process.on('SIGTERM', () => {
    console.log('told TERM')
    clearInterval(staying)
  })
}
