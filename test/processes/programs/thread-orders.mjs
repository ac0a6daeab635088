// Threads that are started before the main thread has counted. Each thread loads promhive on command.
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

const threads = []
if (isMainThread && process.env.THREADS) {
  // Before promhive is loaded in the main thread.
  for (let i = 0; i < Number(process.env.THREADS); i++) threads.push(new Worker(new URL(import.meta.url)))
}

const { answer, asking } = await import('./stagehand.mjs')

if (parentPort === null) {
  const ask = threads.map((thread) =>
    asking(
      (message) => thread.postMessage(message),
      (listener) => thread.on('message', listener),
    ),
  )
  answer({ thread: (index, verb, ...args) => ask[index](verb, ...args) })
} else answer()
