// Runs the same application in threads, each on a port of its own; knows nothing of promhive.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

const threads = []

/** A thread that ends leaves its port to the next one. */
async function start(at) {
  await threads[at]?.terminate()
  threads[at] = new Worker(new URL('./http-application.mjs', import.meta.url), {
    env: { ...process.env, PORT: String(Number(process.env.PORT) + at) },
  })
  await once(threads[at], 'online')
}

const verbs = {
  async reload() {
    for (const at of threads.keys()) await start(at)
  },
  kill: (at) => start(at % threads.length),
  async scale(count) {
    while (threads.length < count) await start(threads.length)
    while (threads.length > count) await threads.pop().terminate()
  },
}

await verbs.scale(3)
process.on('message', async ({ id, verb, args }) => process.send({ id, value: await verbs[verb](...args) }))
process.on('disconnect', () => process.exit())
process.send({ ready: true })
