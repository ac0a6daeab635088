// A thread is terminated, and another one takes its place; all of them count.
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { Counter, register } from 'promhive'

const jobs = new Counter({ name: 'jobs_total', help: 'Jobs done.' })
if (isMainThread) {
  jobs.inc(1)
  const start = async () => {
    const thread = new Worker(new URL(import.meta.url))
    await new Promise((resolve) => thread.once('message', resolve))
    return thread
  }
  const [first] = [await start(), await start()]
  await first.terminate()
  await start()
  console.log((await register.metrics()).split('\n').find((line) => line.startsWith('jobs_total')))
  process.exit()
} else {
  jobs.inc(10)
  parentPort.postMessage('counted')
  setInterval(() => {}, 1000)
}
