// An application in worker threads, written for @prometheus-io/client. Every thread of it answers to the test: the main
// thread passes requests on to another one.
const { once } = require('node:events')
const { isMainThread, parentPort, threadId, Worker } = require('node:worker_threads')
const { Counter, WorkerRegistry } = require('promhive/prometheus-io')

const registry = new WorkerRegistry()
const jobs = new Counter({ name: 'jobs_total', help: 'Jobs.' })
/** Before anything is counted: a process that counts listens for its first thread. */
const listeners = [process.listenerCount('message'), process.listenerCount('worker')]

const verbs = {
  count: (times) => jobs.inc(times),
  scrape: () => registry.workerMetrics(),
  shutdown: () => registry.shutdown(1000),
  workerCount: () => WorkerRegistry.workerCount(),
  primary: () => [registry.primary, new WorkerRegistry(undefined, true).primary],
  listeners: () => listeners,
}

async function answerOn(port, { id, verb, args }) {
  try {
    port.call({ id, value: await verbs[verb](...args) })
  } catch ({ message }) {
    port.call({ id, error: { message } })
  }
}

if (isMainThread) {
  const threads = []
  const pending = new Map()
  const start = async () => {
    const thread = new Worker(__filename)
    thread.on('message', (message) => pending.get(message.id)?.(message))
    threads.push(thread)
    await once(thread, 'message')
  }
  const ask = (number, verb, ...args) =>
    new Promise((resolve, reject) => {
      const id = Math.random()
      pending.set(id, ({ value, error }) => (error === undefined ? resolve(value) : reject(new Error(error.message))))
      threads[number - 1].postMessage({ id, verb, args })
    })
  Object.assign(verbs, {
    start,
    thread: (number, verb, ...args) => ask(number, verb, ...args),
    terminate: (number) => threads[number - 1].terminate(),
  })
  process.on('message', (message) => answerOn({ call: (reply) => process.send(reply) }, message))
  process.send({ ready: true })
} else {
  parentPort.on('message', (message) => answerOn({ call: (reply) => parentPort.postMessage(reply) }, message))
  parentPort.postMessage({ started: threadId })
}
