// Counts, and has nothing else to do: node redis-short.mjs <url> <times>
import { Counter, configure } from 'promhive'
import { redis } from 'promhive/redis'

const [url, times] = process.argv.slice(2)
configure({ backend: redis({ url }), onError: () => {} })
const jobs = new Counter({ name: 'jobs_total', help: 'Jobs.' })
for (let i = 0; i < Number(times); i++) jobs.inc()
