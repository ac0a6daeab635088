// One library's write path, in a process of its own, so that no other library's shapes slow it down.
const { library, rounds, milliseconds } = JSON.parse(process.argv[2])
const { Counter, Gauge, Histogram, Summary } = await import(`../libraries/${library}.mjs`)

const methods = ['GET', 'POST', 'PUT', 'DELETE']
const statuses = [200, 201, 404, 500]
const durations = Float64Array.from({ length: 1024 }, spread)

const held = new Counter({ name: 'held_total', help: 'Children that are held.', labelNames: ['slot'] })
const labelled = new Counter({ name: 'labelled_total', help: 'Two labels.', labelNames: ['method', 'status'] })
const timed = new Histogram({ name: 'timed_seconds', help: 'Two labels.', labelNames: ['method', 'status'] })
const heldTimed = new Histogram({ name: 'held_seconds', help: 'Children that are held.', labelNames: ['slot'] })
const windowed = new Summary({
  name: 'lately_seconds',
  help: 'Children that are held.',
  labelNames: ['slot'],
  percentiles: [0.5, 0.9, 0.99],
  maxAgeSeconds: 600,
  ageBuckets: 5,
})

class Bare {
  constructor(values, at) {
    this.values = values
    this.at = at
  }
  add() {
    this.values[this.at] += 1
  }
}

const array = new Float64Array(64)
const bare = Array.from({ length: 16 }, (_, i) => new Bare(array, i * 4))
const children = bare.map((_, i) => held.labels(`s${i}`))
const histogramChildren = bare.map((_, i) => heldTimed.labels(`s${i}`))
const windowChildren = bare.map((_, i) => windowed.labels(`s${i}`))

const rows = {
  bare(n) {
    for (let i = 0; i < n; i++) bare[i & 15].add()
  },
  heldInc(n) {
    for (let i = 0; i < n; i++) children[i & 15].inc()
  },
  labelledInc(n) {
    for (let i = 0; i < n; i++) labelled.inc({ method: methods[i & 3], status: statuses[(i >> 2) & 3] })
  },
  labelledObserve(n) {
    for (let i = 0; i < n; i++) {
      timed.observe({ method: methods[i & 3], status: statuses[(i >> 2) & 3] }, durations[i & 1023])
    }
  },
  heldObserve(n) {
    for (let i = 0; i < n; i++) histogramChildren[i & 15].observe(durations[i & 1023])
  },
  heldWindow(n) {
    for (let i = 0; i < n; i++) windowChildren[i & 15].observe(durations[i & 1023])
  },
}

const calls = Object.fromEntries(Object.keys(rows).map((row) => [row, 0]))
const samples = Object.fromEntries(Object.keys(rows).map((row) => [row, []]))

liveLikeAnApplication()
const sizes = Object.fromEntries(Object.keys(rows).map((row) => [row, calibrate(row)]))
for (let round = 0; round < rounds; round++) {
  for (const row in rows) samples[row].push((run(row, sizes[row]) * 1e6) / sizes[row])
}
console.log(JSON.stringify({ samples, wrong: await wrongTotals() }))

/** Several types and shapes pass through the library's code, as in an application: its call sites are not of one type. */
function liveLikeAnApplication() {
  const plain = new Counter({ name: 'plain_total', help: 'No labels.' })
  const three = new Counter({ name: 'three_total', help: 'Three labels.', labelNames: ['a', 'b', 'c'] })
  const gauge = new Gauge({ name: 'gauge', help: 'One label.', labelNames: ['pool'] })
  const plainGauge = new Gauge({ name: 'plain_gauge', help: 'No labels.' })
  const sized = new Histogram({ name: 'size_bytes', help: 'No labels.', buckets: [100, 1000, 10000] })
  for (let i = 0; i < 20_000; i++) {
    plain.inc()
    three.inc({ a: `${i & 7}`, b: methods[i & 3], c: 'x' }, 2)
    gauge.set({ pool: methods[i & 3] }, i)
    gauge.labels('GET').inc()
    plainGauge.dec(2)
    sized.observe(i)
    for (const row in rows) run(row, 1)
  }
}

function calibrate(row) {
  let n = 1000
  while (run(row, n) < milliseconds) n *= 2
  return n
}

/** @returns {number} milliseconds */
function run(row, n) {
  const start = performance.now()
  rows[row](n)
  const took = performance.now() - start
  calls[row] += n
  return took
}

/** Reads back what was counted: a loop whose result nobody reads may be no loop at all. */
async function wrongTotals() {
  const seen = {
    bare: array.reduce((sum, value) => sum + value, 0),
    heldInc: await total(held),
    labelledInc: await total(labelled),
    labelledObserve: await total(timed),
    heldObserve: await total(heldTimed),
    heldWindow: await total(windowed),
  }
  return Object.keys(rows)
    .filter((row) => seen[row] !== calls[row])
    .map((row) => `${row}: counted ${calls[row]}, read ${seen[row]}`)
}

async function total(metric) {
  const { type, values } = await metric.get()
  const counted =
    type === 'histogram' || type === 'summary'
      ? values.filter(({ metricName }) => metricName?.endsWith('_count'))
      : values
  return counted.reduce((sum, { value }) => sum + value, 0)
}

/** Over all the default buckets, in no order that a processor could guess. */
function spread(_, i) {
  return 0.002 * 10 ** (((i * 2654435761) % 4096) / 1024)
}
