// Counts, configures the same service a second time, counts again, and prints what a scrape shows.
import { Counter, configure, Gauge, register } from '../../../dist/esm/index.js'
import { redis } from '../../../dist/esm/redis.js'

const [url, pause] = process.argv.slice(2)
const options = { url, keyPrefix: 'twice', flushInterval: 0.1 }
configure({ backend: redis(options) })
const counter = new Counter({ name: 'jobs_total', help: 'X.' })
const gauge = new Gauge({ name: 'level', help: 'X.' })
counter.inc(5)
gauge.set(7)
await new Promise((resolve) => setTimeout(resolve, Number(pause)))
const backend = redis(options)
configure({ backend })
counter.inc(1)
await backend.flush()
// The previous backend closes in the background.
const ends = Date.now() + 20_000
const shown = async (name) => (await register.getSingleMetric(name).get()).values[0]?.value
while ((await shown('jobs_total')) < 6 && Date.now() < ends) await new Promise((resolve) => setTimeout(resolve, 50))
await new Promise((resolve) => setTimeout(resolve, 300))
console.log(await shown('jobs_total'), await shown('level'))
await backend.close()
