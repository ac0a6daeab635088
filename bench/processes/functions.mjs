// What a measured function takes more than a plain one, in a process of its own.
import { measure, register } from '../../dist/esm/index.js'

const { rounds, milliseconds } = JSON.parse(process.argv[2])
const add = (n) => n + 1
const addLater = async (n) => n + 1
const queues = ['mail', 'sms', 'push', 'fax']
const labels = (n) => ({ queue: queues[n & 3] })

const rows = {
  plain: add,
  measured: measure(add, { name: 'measured' }),
  labelled: measure(add, { name: 'labelled', labels: { queue: 'mail' } }),
  computed: measure(add, { name: 'computed', labelNames: ['queue'], labels }),
  async: addLater,
  measuredAsync: measure(addLater, { name: 'measured_async' }),
}

const calls = Object.fromEntries(Object.keys(rows).map((row) => [row, 0]))
const samples = Object.fromEntries(Object.keys(rows).map((row) => [row, []]))

const sizes = {}
for (const row in rows) sizes[row] = await calibrate(row)
for (let round = 0; round < rounds; round++) {
  for (const row in rows) samples[row].push(((await run(row, sizes[row])) * 1e6) / sizes[row])
}
console.log(JSON.stringify({ samples, wrong: await wrongTotals() }))

async function calibrate(row) {
  let n = 1000
  while ((await run(row, n)) < milliseconds) n *= 2
  return n
}

/** @returns {Promise<number>} milliseconds */
async function run(row, n) {
  const call = rows[row]
  const waits = row.toLowerCase().endsWith('async')
  let sum = 0
  const start = performance.now()
  if (waits) for (let i = 0; i < n; i++) sum += await call(i)
  else for (let i = 0; i < n; i++) sum += call(i)
  const took = performance.now() - start
  if (sum !== (n * (n + 1)) / 2) throw new Error(`${row} gave ${sum}`)
  calls[row] += n
  return took
}

async function wrongTotals() {
  const families = { measured: 'measured', labelled: 'labelled', computed: 'computed', measuredAsync: 'measured_async' }
  const wrong = []
  for (const [row, name] of Object.entries(families)) {
    const { values } = await register.getSingleMetric(`${name}_total`).get()
    const total = values.reduce((sum, { value }) => sum + value, 0)
    if (total !== calls[row]) wrong.push(`${row}: called ${calls[row]} times, read ${total}`)
  }
  return wrong
}
