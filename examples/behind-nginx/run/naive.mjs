import { setTimeout as sleep } from 'node:timers/promises'
import { until } from './until.mjs'
import { Users } from './users.mjs'

/** Shows what Prometheus sees of a counter that each worker has for itself. */
export async function showNaive(site, claims) {
  await site.deploy()
  await site.startApplication()
  await site.startNginx()
  await site.startPrometheus('500ms')
  const { prometheus } = site
  await until('a first scrape', async () => (await prometheus.value('up')) === 1)
  const users = new Users(site.url)
  await users.visit(200)
  await sleep(3000)
  await killWorker(site)
  await users.visit(200)
  // No request is on its way any more, and the value still changes: each scrape reaches another worker.
  await sleep(6000)

  const [scrapes = []] = await prometheus.samples('http_requests_total[1m]')
  const decreases = scrapes.filter((value, i) => value < scrapes[i - 1]).length
  const increase = Math.round(await prometheus.value('increase(http_requests_total[5s])'))
  console.log(`
http_requests_total in Prometheus, scrape by scrape:

  ${wrapped(scrapes)}
`)
  claims.add('the counter decreases', decreases > 0, `${decreases} times in ${scrapes.length} scrapes`)
  const highest = Math.max(...scrapes)
  claims.add('no scrape shows all requests', highest < users.sent, `${users.sent} sent, ${highest} shown at most`)
  claims.add('increase() counts requests while there are none', increase > 0, `${increase} in the last 5 s`)
}

/** Ends a worker, as a crash or a deployment does: its counts are lost. */
async function killWorker(site) {
  const [worker] = site.workers
  process.kill(worker, 'SIGKILL')
  await until('four workers', () => site.workers.length === 4 && !site.workers.includes(worker))
  // Until it listens, the others answer.
  await sleep(1000)
}

function wrapped(values) {
  return values
    .join(' ')
    .replace(/(.{1,90})(?: |$)/g, '$1\n  ')
    .trimEnd()
}
