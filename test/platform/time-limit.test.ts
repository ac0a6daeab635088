import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { withProgress, withTimeout } from '../../src/platform/time-limit.js'
import { setTimeout } from '../../src/platform/timers.js'

/** Answers 50 ms after each question, whatever this thread does meanwhile. */
const server = `
const { createServer } = require('node:net')
const { parentPort } = require('node:worker_threads')
const server = createServer((socket) => socket.on('data', () => setTimeout(() => socket.write('answer'), 50)))
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))`

test('an answer that came while the process was suspended is in time', async () => {
  const worker = new Worker(server, { eval: true })
  const port = await new Promise<number>((resolve) => worker.once('message', resolve))
  const socket = connect(port, '127.0.0.1')
  await new Promise((resolve) => socket.once('connect', resolve))
  const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))))
  await new Promise<void>((resolve) => socket.write('question', () => resolve()))
  const waiting = withTimeout(answer, 100)
  // As after SIGSTOP and SIGCONT: the answer is there, and not read.
  const end = Date.now() + 500
  while (Date.now() < end);
  try {
    expect(await waiting).toBe('answer')
  } finally {
    socket.destroy()
    await worker.terminate()
  }
})

test('work continues while it makes progress, and not longer', async () => {
  let steps = 0
  const work = (async () => {
    for (; steps < 6; steps++) await new Promise((resolve) => setTimeout(resolve, 40))
    return 'done'
  })()
  expect(await withProgress(work, 120, () => steps)).toBe('done')
  const stuck = new Promise<never>(() => {})
  await expect(withProgress(stuck, 40, () => steps)).rejects.toThrow('no answer within 0.04 s')
})
