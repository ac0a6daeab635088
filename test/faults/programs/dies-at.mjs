// Executes operations one after the other, and writes a dot to its standard output after each. Kills itself right before
// its nth call into the directory. At the end, it prints the number of its calls.
import { writeSync } from 'node:fs'
import { interceptCalls } from '../../helpers/faults/calls.mjs'

const [, , directory, nth, operations] = process.argv
let calls = 0
interceptCalls(directory, () => {
  if (++calls === Number(nth)) process.kill(process.pid, 'SIGKILL')
})
process.env.PROMHIVE_DIR = directory
const { Counter, Histogram, register } = await import('promhive')

const jobs = new Counter({ name: 'jobs_total', help: 'X.', labelNames: ['path'] })
const wait = new Histogram({
  name: 'wait',
  help: 'X.',
  labelNames: ['path'],
  buckets: Array.from({ length: 200 }, (_, i) => i + 1),
})
// What would not fit on a command line.
const spelled = (path) => (path.startsWith('long') ? path.padEnd(10_000, 'x') : path)
const verbs = {
  inc: (path, amount) => jobs.inc({ path: spelled(path) }, amount),
  observe: (path, value) => wait.observe({ path }, value),
  remove: (path) => jobs.remove({ path: spelled(path) }),
  scrape: () => register.metrics(),
}
for (const [verb, ...args] of JSON.parse(operations)) {
  await verbs[verb](...args)
  writeSync(1, '.')
}
writeSync(1, `${calls}`)
// As if killed, but after the last call: the seat is not released.
process.kill(process.pid, 'SIGKILL')
