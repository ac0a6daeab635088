// A cluster whose primary, workers and threads change their working directory, before and after they count.
import cluster from 'node:cluster'
import { isMainThread, threadId, Worker } from 'node:worker_threads'
import { answer, asking, verbs } from './stagehand.mjs'

const workers = []
const threads = []

answer({
  chdir: (path) => process.chdir(path),
  fork() {
    cluster.settings.serialization = 'advanced'
    const worker = cluster.fork()
    workers.push(
      asking(
        (message) => worker.send(message),
        (listener) => worker.on('message', listener),
      ),
    )
  },
  thread() {
    const thread = new Worker(new URL(import.meta.url))
    threads.push(
      asking(
        (message) => thread.postMessage(message),
        (listener) => thread.on('message', listener),
      ),
    )
  },
  worker: (index, verb, ...args) => workers[index](verb, ...args),
  inThread: (index, verb, ...args) => threads[index](verb, ...args),
  where: () => process.cwd(),
  which: () => (isMainThread ? process.pid : `${process.pid}-${threadId}`),
  environmentOf: (name) => process.env[name],
  configure: verbs.configure,
})
