// A cluster whose workers are targets of their own; and the same for a process without workers.
import cluster from 'node:cluster'
import { Worker } from 'node:worker_threads'
import { register } from 'promhive'
import { startWorkerTarget } from 'promhive/targets'
import { answer, asking } from '../../../processes/programs/stagehand.mjs'

const workers = new Map()
let target

answer({
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
  killWorker(name, signal) {
    const { worker } = workers.get(name)
    return new Promise((resolve) => {
      worker.once('exit', () => resolve())
      worker.process.kill(signal)
    })
  },
  workerGone: (name) => workers.get(name).worker.isDead(),
  async target(options) {
    target = await startWorkerTarget(options)
    return { url: target.url, address: target.address }
  },
  opened: () => ({ url: target.url, address: target.address }),
  again: async (options) => (await startWorkerTarget(options)) === target,
  close: () => target.close(),
  labels: (labels) => register.setDefaultLabels(labels),
  /** Counts in a thread of this process, and resolves when that is done. */
  countInThread: () =>
    new Promise((resolve) => {
      const code = `import('promhive').then(({ Counter }) => {
        new Counter({ name: 'threads_total', help: 'Counted in threads.' }).inc(5)
        require('node:worker_threads').parentPort.postMessage('counted')
        setInterval(() => {}, 1000)
      })`
      new Worker(code, { eval: true }).once('message', () => resolve())
    }),
  async inThread(options) {
    const code = `import('promhive/targets').then(({ startWorkerTarget }) => startWorkerTarget(${JSON.stringify(options)}))
      .catch(({ code }) => require('node:worker_threads').parentPort.postMessage(code))`
    return new Promise((resolve) => new Worker(code, { eval: true }).once('message', resolve))
  },
})
