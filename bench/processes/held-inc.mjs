// What an increment of a held child costs: through Redis where a URL is given, else where the environment says.
const { url, rounds } = JSON.parse(process.argv[2])
const { Counter, configure } = await import('../../dist/esm/index.js')
const faults = []
let backend
if (url !== undefined) {
  const { redis } = await import('../../dist/esm/redis.js')
  backend = redis({ url, keyPrefix: 'held' })
}
configure({ ...(backend && { backend }), selfMetrics: false, onError: (error) => faults.push(error.message) })
const jobs = new Counter({ name: 'jobs_total', help: 'Jobs.', labelNames: ['queue'] })
const children = Array.from({ length: 16 }, (_, i) => jobs.labels(`queue ${i}`))
const n = 2_000_000
const inc = []
// The first round is warming up.
for (let round = 0; round <= rounds; round++) {
  const began = performance.now()
  for (let i = 0; i < n; i++) children[i & 15].inc()
  if (round > 0) inc.push(((performance.now() - began) * 1e6) / n)
  // Flushes are due in between, as in an application.
  await new Promise((resolve) => setTimeout(resolve, 20))
}
await backend?.close()
console.log(JSON.stringify({ inc, wrong: faults }))
