// Does what it is told, one operation after the other, with a dot on its standard output for each that is done; is
// killed by itself right before its nth call into the directory. Prints how many calls it made when it comes to the end.
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
// As if killed, but behind the last call: the seat is left as it is.
process.kill(process.pid, 'SIGKILL')
