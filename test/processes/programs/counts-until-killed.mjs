// Counts as fast as it can, and acknowledges every `step` rounds on its standard output: how many so far, and when.
import { writeSync } from 'node:fs'
import { Counter, Histogram } from 'promhive'

const step = Number(process.argv[2] ?? 20)
const plain = new Counter({ name: 'plain_total', help: 'Counts.' })
const labelled = new Counter({ name: 'labelled_total', help: 'Counts in many series.', labelNames: ['series'] })
const observed = new Histogram({ name: 'observed', help: 'Observes nothing but 1.', buckets: [0.5, 1, 2] })

let done = 0
function turn() {
  const end = performance.now() + 2
  do {
    for (let i = 0; i < step; i++) {
      plain.inc()
      observed.observe(1)
      // A new series at intervals, so that some processes die while they create one.
      labelled.inc({ series: (done++ >> 6) % 500 })
    }
    writeSync(1, `${done} ${Date.now()}\n`)
  } while (performance.now() < end)
  setImmediate(turn)
}
turn()
