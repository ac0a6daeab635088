// A main thread and the threads that a test asks it to start; each of them executes commands.
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { answer, asking, counter } from './stagehand.mjs'

const threads = new Map()
const acknowledged = isMainThread ? new Int32Array(new SharedArrayBuffer(1024)) : workerData.acknowledged

answer({
  startThread(name) {
    const worker = new Worker(new URL(import.meta.url), { workerData: { acknowledged } })
    const ask = asking(
      (message) => worker.postMessage(message),
      (hear) => worker.on('message', hear),
    )
    threads.set(name, { worker, ask })
    return ask('facts')
  },
  askThread: (name, verb, ...args) => threads.get(name).ask(verb, ...args),
  /** Has a thread count without end, and acknowledge each count. */
  setOff: (name, at) => void threads.get(name).ask('countForever', name, at),
  /** Stops the thread at any point, and returns its acknowledged counts. */
  async terminate(name, at) {
    await threads.get(name).worker.terminate()
    return Atomics.load(acknowledged, at)
  },
  acknowledged: (at) => Atomics.load(acknowledged, at),
  countForever(name, at) {
    const series = counter('forever_total', { name })
    for (let done = 1; ; done++) {
      series.inc()
      Atomics.store(acknowledged, at, done)
    }
  },
})
