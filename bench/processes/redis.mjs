// A flush and a scrape of many series through Redis, and the same counted with one command for each increment.
import { createClient } from 'redis'

const { url, series, rounds } = JSON.parse(process.argv[2])
const { Counter, configure, register } = await import('../../dist/esm/index.js')
const { redis } = await import('../../dist/esm/redis.js')

const client = createClient({ url })
await client.connect()
const ask = (...words) => client.sendCommand(words)
const faults = []
const result = { flush: [], flushTrips: [], scrape: [], scrapeTrips: [], single: [], pipelined: [], hashScrape: [] }

// Ours.
const backend = redis({ url, flushInterval: 600, keyPrefix: 'bench' })
configure({ backend, selfMetrics: false, onError: (error) => faults.push(error.message) })
const jobs = new Counter({ name: 'jobs_total', help: 'Jobs.', labelNames: ['queue'] })
const children = Array.from({ length: series }, (_, i) => jobs.labels(`queue ${i}`))
for (const child of children) child.inc()
await backend.flush()
await register.metrics()
for (let round = 1; round <= rounds; round++) {
  for (const child of children) child.inc()
  await ask('CONFIG', 'RESETSTAT')
  result.flush.push(await timed(() => backend.flush()))
  result.flushTrips.push(await trips())
  for (const child of children) child.inc()
  await ask('CONFIG', 'RESETSTAT')
  let text = ''
  result.scrape.push(await timed(async () => (text = await register.metrics())))
  result.scrapeTrips.push(await trips())
  const sum = [...text.matchAll(/^jobs_total\{.*\} (\d+)$/gm)].reduce((total, [, value]) => total + Number(value), 0)
  if (sum !== series * (1 + 2 * round)) faults.push(`ours shows ${sum}`)
}
await backend.close()

// One command for each increment, waited for, as a synchronous client does it; and all of them sent at once. Not for
// more series than that: it takes the time in which the client gives a command up.
const key = 'pytheus-jobs_total'
const fields = Array.from({ length: series }, (_, i) => JSON.stringify([`queue ${i}`]))
for (let round = 1; round <= (series > 10_000 ? 0 : rounds); round++) {
  result.single.push(
    await timed(async () => {
      for (const field of fields) await ask('HINCRBYFLOAT', key, field, '1')
    }),
  )
  result.pipelined.push(await timed(() => Promise.all(fields.map((field) => ask('HINCRBYFLOAT', key, field, '1')))))
  let lines = []
  result.hashScrape.push(
    await timed(async () => {
      const [, values] = await Promise.all([ask('EXPIRE', key, '3600'), client.hGetAll(key)])
      lines = Object.entries(values).map(([field, value]) => `jobs_total{queue="${JSON.parse(field)[0]}"} ${value}`)
      return lines.join('\n')
    }),
  )
  const sum = lines.reduce((total, line) => total + Number(line.split('} ')[1]), 0)
  if (sum !== series * 2 * round) faults.push(`one command for each shows ${sum}`)
}
client.destroy()
console.log(JSON.stringify({ ...result, wrong: faults }))

async function timed(work) {
  const began = performance.now()
  await work()
  return performance.now() - began
}

/** How many scripts were run since the statistics began. */
async function trips() {
  const stats = await ask('INFO', 'commandstats')
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0)
}
