// Runs the same application in threads, each on a port of its own; knows nothing of promhive.
import { connect, createServer } from 'node:net'
import { Worker } from 'node:worker_threads'

const threads = []

/** Ends the thread of a place, and starts another; on another port, because a stranger may have taken the old one. */
async function start(at) {
  await threads[at]?.worker.terminate()
  for (;;) {
    const port = await freePort()
    const worker = new Worker(new URL('./http-application.mjs', import.meta.url), {
      env: { ...process.env, PORT: String(port) },
    })
    let failed = false
    worker.once('error', () => {
      failed = true
    })
    while (!failed && !(await answers(port))) await new Promise((resolve) => setTimeout(resolve, 10))
    if (failed) continue
    threads[at] = { worker, port }
    return
  }
}

/** Below those that the kernel gives to programs without a fixed port. */
function freePort() {
  const port = 10_000 + Math.floor(Math.random() * 22_000)
  return new Promise((resolve) => {
    const server = createServer().listen(port, '127.0.0.1', () => server.close(() => resolve(port)))
    server.once('error', () => resolve(freePort()))
  })
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

const ports = () => threads.map(({ port }) => port)

/** Each returns the ports on which the application answers then. */
const verbs = {
  ports,
  async reload() {
    for (const at of threads.keys()) await start(at)
    return ports()
  },
  async kill(at) {
    await start(at % threads.length)
    return ports()
  },
  async scale(count) {
    while (threads.length < count) await start(threads.length)
    while (threads.length > count) await threads.pop().worker.terminate()
    return ports()
  },
}

await verbs.scale(3)
process.on('message', async ({ id, verb, args }) => process.send({ id, value: await verbs[verb](...args) }))
process.on('disconnect', () => process.exit())
process.send({ ready: true })
