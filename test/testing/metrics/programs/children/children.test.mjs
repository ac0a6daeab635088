import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import cluster from 'node:cluster'
import { beforeEach, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { Counter } from 'promhive'
import { countSeries, readValue, resetMetrics, shareWithChildren, waitForValue } from 'promhive/testing/metrics'

const jobs = new Counter({ name: 'jobs_total', help: 'Jobs done.', labelNames: ['queue'] })
const program = new URL('child.mjs', import.meta.url)

beforeEach(() => resetMetrics())

/** The test and its child process count together, and a reset applies to both. */
async function countsTogether(ask) {
  jobs.inc({ queue: 'test' })
  await waitForValue(jobs, { queue: 'child' }, 2)
  assert.equal(await readValue('jobs_total', { queue: 'test' }), 1)
  resetMetrics()
  assert.equal(await countSeries(jobs), 0)
  ask()
  await waitForValue(jobs, { queue: 'child' }, 2)
}

test('a thread', async () => {
  const thread = new Worker(program)
  await countsTogether(() => thread.postMessage('count'))
  await thread.terminate()
})

test('a cluster worker', async () => {
  cluster.setupPrimary({ exec: program.pathname })
  const worker = cluster.fork()
  await countsTogether(() => worker.send('count'))
  const ended = new Promise((resolve) => worker.once('exit', resolve))
  worker.kill('SIGKILL')
  await ended
})

test('a child process, with its own environment', async () => {
  const child = fork(program, { env: { PROMHIVE_DIR: shareWithChildren() } })
  await countsTogether(() => child.send('count'))
  child.kill('SIGKILL')
})

test('a child process, with the environment of the test', async () => {
  shareWithChildren()
  const child = fork(program)
  await countsTogether(() => child.send('count'))
  child.kill('SIGKILL')
  console.log(`counted in ${shareWithChildren()}`)
})
