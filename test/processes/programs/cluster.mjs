// A cluster's primary and the workers that a test asks it to start; each of them executes commands.
import cluster from 'node:cluster'
import { Worker } from 'node:worker_threads'
import { answer, asking } from './stagehand.mjs'

const workers = new Map()
const threads = new Map()

answer({
  setupPrimary: (settings) => cluster.setupPrimary(settings),
  async startWorker(name) {
    const worker = cluster.fork()
    const ask = asking(
      (message) => worker.send(message),
      (hear) => worker.on('message', hear),
    )
    workers.set(name, { worker, ask })
    return ask('facts')
  },
  askWorker: (name, verb, ...args) => workers.get(name).ask(verb, ...args),
  workerGone: (name) => workers.get(name).worker.isDead(),
  killWorker(name, signal) {
    const { worker } = workers.get(name)
    return new Promise((resolve) => {
      worker.once('exit', () => resolve())
      worker.process.kill(signal)
    })
  },
  /** Threads of a cluster worker. */
  startThread(name) {
    const worker = new Worker(new URL('./threads.mjs', import.meta.url), { workerData: {} })
    const ask = asking(
      (message) => worker.postMessage(message),
      (hear) => worker.on('message', hear),
    )
    threads.set(name, ask)
    return ask('facts')
  },
  askThread: (name, verb, ...args) => threads.get(name)(verb, ...args),
})
