// A worker with a thread and a child process, which count as well.
import { fork } from 'node:child_process'
import { createServer } from 'node:http'
import { isMainThread, Worker } from 'node:worker_threads'
import { Counter } from 'promhive'

const [, , part] = process.argv
const name = part ?? (isMainThread ? 'main' : 'thread')
const labels = { part: name, slot: process.env.PROMHIVE_WORKER_ID }
new Counter({ name: 'parts_total', help: 'Parts.', labelNames: ['part', 'slot'] }).inc(labels)

if (name === 'main') {
  const file = new URL(import.meta.url)
  new Worker(file)
  fork(file, ['child'])
  createServer((_, response) => response.end()).listen(Number(process.env.PORT), '127.0.0.1')
} else if (name === 'child') process.once('disconnect', () => process.exit())
else setInterval(() => {}, 1000)
