// A job: counts once, sends it, and ends: node redis-job.mjs <url> <options, JSON> <how it ends>
// where the end is `close`, `flush` (its event loop runs empty then), or `stay` (it waits for its signal).
import { Counter, configure, Gauge } from 'promhive'
import { redis } from 'promhive/redis'

const [url, options, end] = process.argv.slice(2)
const backend = redis({ url, ...JSON.parse(options) })
configure({ backend, onError: () => {} })
new Counter({ name: 'jobs_total', help: 'Jobs.' }).inc()
new Gauge({ name: 'alive', help: 'Processes.', mode: 'livesum' }).set(1)
// More than once only where the machine is so busy that connecting takes too long.
for (let tries = 1; !(await backend.flush()); tries++) if (tries === 10) throw new Error('not sent')
if (end === 'close') await backend.close()
// By hand, so that nothing but promhive has kept the process running until now.
console.log('sent')
if (end === 'stay') setInterval(() => {}, 1000)
