// Has something to publish that grows until it leaves, by the way that its argument names.
import { Gauge, register } from 'promhive'

let work = 1
register.registerCollector({
  name: 'work',
  run: 'each',
  collect: () => [{ name: 'work_total', help: 'W.', type: 'counter', values: [{ value: work }] }],
})
register.registerCollector({
  name: 'slow',
  run: 'each',
  collect: async () => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    return [{ name: 'slow_work_total', help: 'S.', type: 'counter', values: [{ value: work }] }]
  },
})
new Gauge({
  name: 'peak',
  help: 'P.',
  mode: 'max',
  collect() {
    this.set(work)
  },
})
new Gauge({
  name: 'level',
  help: 'L.',
  collect() {
    this.set(work)
  },
})
await register.metrics()
// Long before the next round of publishing.
work = 100
if (process.argv[2] === 'exit') process.exit(0)
if (process.argv[2] === 'throw') throw new Error('on purpose')
process.disconnect()
