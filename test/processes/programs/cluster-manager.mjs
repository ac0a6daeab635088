// A primary like those of applications, without promhive: it replaces ended workers, reloads, and scales up or down.
import cluster from 'node:cluster'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

cluster.setupPrimary({ exec: fileURLToPath(new URL('http-application.mjs', import.meta.url)) })
const workers = new Set()

async function start() {
  const worker = cluster.fork()
  workers.add(worker)
  worker.once('exit', () => {
    if (workers.delete(worker) && !worker.exitedAfterDisconnect) void start()
  })
  await once(worker, 'listening')
}

function leave(worker) {
  workers.delete(worker)
  const left = once(worker, 'exit')
  worker.disconnect()
  return left
}

const verbs = {
  pids: () => [...workers].filter((worker) => worker.isConnected()).map(({ process }) => process.pid),
  async reload() {
    for (const worker of [...workers]) {
      await start()
      await leave(worker)
    }
  },
  async scale(count) {
    while (workers.size < count) await start()
    while (workers.size > count) await leave([...workers].at(-1))
  },
}

await verbs.scale(3)
process.on('message', async ({ id, verb, args }) => process.send({ id, value: await verbs[verb](...args) }))
process.on('disconnect', () => process.exit())
process.send({ ready: true })
