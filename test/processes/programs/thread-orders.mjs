// Threads that are started before the main thread has counted. Each thread loads promhive on command.
import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

const threads = []
if (isMainThread && process.env.THREADS) {
  // Before promhive is loaded in the main thread.
  for (let i = 0; i < Number(process.env.THREADS); i++) {
    const thread = new Worker(new URL(import.meta.url))
    // A thread may be ready before this one listens to it.
    threads.push({ thread, first: once(thread, 'message') })
  }
}

const { answer, asking } = await import('./stagehand.mjs')

if (parentPort === null) {
  const ask = threads.map(({ thread, first }) =>
    asking(
      (message) => thread.postMessage(message),
      (listener) => {
        void first.then(([ready]) => listener(ready))
        thread.on('message', listener)
      },
    ),
  )
  answer({ thread: (index, verb, ...args) => ask[index](verb, ...args) })
} else answer()
