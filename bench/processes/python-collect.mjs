// Takes scrapes of a directory that processes with Python's client write to, one for each line of the input.
import { createInterface } from 'node:readline'
import { configure, register } from '../../dist/esm/index.js'
import { LoopProbe } from '../loop-probe.mjs'

/** Milliseconds of processor time of this thread; before Node.js 23.9, those of all threads. */
function worked() {
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage()
  return (user + system) / 1000
}

configure({ dir: process.argv[2], selfMetrics: false })
const probe = new LoopProbe()

for await (const _ of createInterface({ input: process.stdin })) {
  // The timer of the probe begins in the next turn.
  probe.start()
  await new Promise((resolve) => setTimeout(resolve, 5))
  const [began, before] = [performance.now(), worked()]
  const chunks = await register.chunks()
  const [ms, cpu] = [performance.now() - began, worked() - before]
  const held = probe.stop()
  const lines = Buffer.concat(chunks).toString().split('\n')
  const samples = lines.filter((line) => line !== '' && !line.startsWith('#'))
  const total = samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
  console.log(JSON.stringify({ ms, cpu, held, lines: samples.length, total }))
}
process.exit(0)
