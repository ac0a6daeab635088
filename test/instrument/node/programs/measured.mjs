// A process that measures itself, and does what makes its numbers move; see stagehand.mjs for the other verbs.
import { existsSync, writeFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { collectDefaultMetrics } from '../../../../dist/esm/index.js'
import { answer } from '../../../processes/programs/stagehand.mjs'

const kept = []
const threads = []

answer({
  measure: (options) => collectDefaultMetrics(options),
  /** Uses so much more CPU. */
  burn(seconds) {
    const before = process.cpuUsage()
    const spent = () => {
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1e6
    }
    while (spent() < seconds);
  },
  cpu() {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  },
  /** Takes memory, and touches it. */
  hold: (bytes) => void kept.push(Buffer.alloc(bytes, 1)),
  /** Blocks the event loop until a file exists, and creates another one when it begins. */
  blockUntil(release, blocked) {
    setImmediate(() => {
      writeFileSync(blocked, '')
      while (!existsSync(release));
    })
  },
  /** A thread that measures itself as well. */
  async startThread(options) {
    const thread = new Worker(new URL('measured-thread.mjs', import.meta.url), { workerData: options })
    threads.push(thread)
    await new Promise((resolve, reject) => {
      thread.once('message', resolve)
      thread.once('error', reject)
    })
  },
})
