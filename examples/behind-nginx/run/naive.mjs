import { setTimeout as sleep } from 'node:timers/promises'
import { until } from './until.mjs'
import { Users } from './users.mjs'

/**
 * Shows what Prometheus sees of a counter that each worker has for itself, and of the same program with promhive.
 * @param sites one for each
 */
export async function showNaive([naive, shared], claims) {
  const [alone, together] = await Promise.all([counted(naive, 'prom-client'), counted(shared, 'promhive')])
  console.log(`
http_requests_total in Prometheus, scrape by scrape, of 4 workers with a registry each (prom-client):

  ${wrapped(alone.scrapes)}

the same with one import changed (promhive):

  ${wrapped(together.scrapes)}
`)
  const { scrapes, sent, increase } = alone
  const times = (seen) => `${decreases(seen)} times in ${seen.length} scrapes`
  claims.add('each for itself: the counter decreases', decreases(scrapes) > 0, times(scrapes))
  const highest = Math.max(...scrapes)
  claims.add('each for itself: no scrape has all requests', highest < sent, `${sent} sent, ${highest} at most`)
  claims.add('each for itself: increase() while no request is sent', increase > 0, `${increase} in the last 5 s`)
  const last = together.scrapes.at(-1)
  claims.add('promhive: the counter does not decrease', decreases(together.scrapes) === 0, times(together.scrapes))
  claims.add('promhive: a scrape has all requests', last === together.sent, `${together.sent} sent, ${last} at the end`)
  claims.add(
    'promhive: increase() while no request is sent',
    together.increase === 0,
    `${together.increase} in the last 5 s`,
  )
}

/** Sends requests, and kills a worker in between. @returns what Prometheus has stored */
async function counted(site, client) {
  await site.deploy()
  site.replace('/srv/shop/app.mjs', "'prom-client'", `'${client}'`)
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
  // No request is on its way any more. If the value still changes, each scrape reaches another worker.
  await sleep(6000)
  const [scrapes = []] = await prometheus.samples('http_requests_total[1m]')
  return {
    scrapes,
    sent: users.sent,
    increase: Math.round(await prometheus.value('increase(http_requests_total[5s])')),
  }
}

/** Ends a worker, as a crash or a deployment does. */
async function killWorker(site) {
  const [worker] = site.workers
  process.kill(worker, 'SIGKILL')
  await until('four workers', () => site.workers.length === 4 && !site.workers.includes(worker))
  // Until the new one listens, the others answer.
  await sleep(1000)
}

function decreases(values) {
  return values.filter((value, i) => value < values[i - 1]).length
}

function wrapped(values) {
  const lines = values.join(' ').match(/.{1,90}(?: |$)/g) ?? []
  return lines.map((line) => line.trimEnd()).join('\n  ')
}
