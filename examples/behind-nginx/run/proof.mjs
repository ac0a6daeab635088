import { chmodSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { isRoot } from './requirements.mjs'
import { settle, until } from './until.mjs'
import { ask, Users } from './users.mjs'

/** Every address of 127.0.0.0/8 is this machine. For nginx, a connection from this one does not come from Prometheus. */
const stranger = { localAddress: '127.0.0.2' }

/** A proof has no five minutes: the rules look back two seconds, and fire after half a second. */
export const impatient = (rules) => rules.replaceAll('[5m]', '[2s]').replaceAll(/for: \d+[ms]/g, 'for: 500ms')

/** Drives a site from end to end, and adds to the claims what it saw. */
export async function prove(site, claims, { supervisord }) {
  const users = new Users(site.url)
  await site.deploy()
  leaveDirectory(site)
  await site.startApplication()
  await site.startNginx()
  // Rules and dashboard are made for the families that are there: each route answers once before.
  await Promise.all(['/', '/items/1', '/reports', '/broken', '/nowhere'].map((path) => users.send('GET', path)))
  await users.send('POST', '/orders')
  await site.makeRules(impatient)
  await site.startPrometheus('500ms')

  privilegesAreDropped(site, claims)
  await metricsAreClosed(site, claims)
  await everyRequestCounts(site, users, claims)
  await alertsFireAndStop(site, users, claims)
  await theNextRunCountsFromZero(site, claims, supervisord)
}

/** A directory as an earlier start, or a user by hand, may have left it. */
function leaveDirectory(site) {
  const directory = site.path('/run/shop/metrics')
  mkdirSync(directory, { recursive: true })
  chmodSync(directory, 0o777)
}

function privilegesAreDropped(site, claims) {
  if (!isRoot) return
  const userOf = (pid) => Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1])
  const { uid, mode } = statSync(site.path('/run/shop/metrics'))
  const workers = new Set(site.workers.map(userOf))
  claims.add('the supervisor is root', userOf(site.supervisor) === 0, 'uid 0')
  claims.add('every worker has dropped its privileges', workers.size === 1 && !workers.has(0), `uid ${[...workers]}`)
  const prepared = workers.has(uid) && (mode & 0o777) === 0o700
  claims.add('the directory is prepared for them', prepared, `uid ${uid}, mode ${(mode & 0o777).toString(8)}`)
}

async function metricsAreClosed(site, claims) {
  const expect = async (claim, expected, url, options) => {
    const seen = await ask(url, options).then(
      ({ status }) => status,
      (error) => error.code,
    )
    claims.add(claim, seen === expected, seen)
  }
  const forged = { 'X-Forwarded-For': '127.0.0.1', 'X-Real-IP': '127.0.0.1' }
  await expect('users: /metrics on their port', 403, `${site.url}/metrics`)
  await expect('users: /Metrics/ on their port', 403, `${site.url}/Metrics/`)
  await expect('users: the metrics port', 403, `${site.metricsUrl}/metrics`, stranger)
  await expect('users: the same with forged headers', 403, `${site.metricsUrl}/metrics`, {
    ...stranger,
    headers: forged,
  })
  await expect('users: the page for people', 403, site.metricsUrl, stranger)
  await expect("users: promhive's own port", 'ECONNREFUSED', `http://127.0.0.2:${site.port(9464)}/metrics`, stranger)
  await expect('Prometheus: the metrics port', 200, `${site.metricsUrl}/metrics`)
}

async function everyRequestCounts(site, users, claims) {
  const { prometheus } = site
  const restarts = (reason) => prometheus.value(`sum(promhive_primary_worker_restarts_total{reason="${reason}"})`)
  const running = () => prometheus.value('count(promhive_worker_state{promhive_worker_state="running"} == 1)')

  users.start({ pause: 10 })
  await claims.happens('HUP replaces the 4 workers, while users send', async () => {
    await site.signal('HUP')
    await until('4 restarts by reload in Prometheus', async () => (await restarts('reload')) === 4)
    return '4 replaced'
  })
  await claims.happens('TTIN adds a worker, while users send', async () => {
    await site.signal('TTIN')
    await until('5 running workers in Prometheus', async () => (await running()) === 5)
    return '5 workers'
  })
  await users.stop()
  await claims.happens('kill -9 of a worker that answers requests', async () => {
    const statuses = await killOne(site, users)
    await until('a restart by a signal in Prometheus', async () => (await restarts('signal')) === 1)
    return `${statuses.filter((status) => status === 502).length} of ${statuses.length} requests failed (502 of nginx)`
  })
  await users.visit(20)

  const lost = users.byStatus.get(502) ?? 0
  const counts = [
    ['requests that were answered', 'sum(http_requests_total{job="shop"})', users.sent - lost],
    [
      'requests that the killed worker left without an answer',
      'sum(promhive_worker_error_handling_total{error_type="killed"})',
      lost,
    ],
    ['all requests that users sent', 'sum(promhive_worker_requests_total{job="shop"})', users.sent],
    ['orders, a counter of the application', 'sum(shop_orders_total)', users.byStatus.get(201)],
  ]
  const inPrometheus = () => Promise.all(counts.map(([, expression]) => prometheus.value(expression)))
  await settle(async () => (await inPrometheus()).every((value, i) => value === counts[i][2]), 10)
  // Two more scrapes: a count that passes the right number on its way is wrong.
  await sleep(1200)
  const values = await inPrometheus()
  for (const [i, [claim, , expected]] of counts.entries())
    claims.add(claim, values[i] === expected, seen(expected, values[i]))
  // prom-client's names end with _total for three gauges, too.
  const counters = await prometheus.samples('{__name__=~".+_total", __name__!~"nodejs_active_.+", job="shop"}[5m]')
  const decreased = counters.filter((values) => values.some((value, i) => value < values[i - 1]))
  claims.add('no counter decreases', decreased.length === 0, `${decreased.length} of ${counters.length} did`)
}

/**
 * Kills a worker. Nothing but slow requests is on its way, and all of them have reached a worker, so that each request that
 * nginx reports as failed is one of the killed worker.
 */
async function killOne(site, users, attempts = 10) {
  const requests = Array.from({ length: 15 }, () => users.send('GET', '/reports'))
  const inFlight = async () => {
    const { body } = await ask(`${site.metricsUrl}/metrics`)
    const values = [...body.matchAll(/^promhive_worker_requests_in_flight{.*} (.*)$/gm)].map(([, value]) =>
      Number(value),
    )
    return values.reduce((sum, value) => sum + value, 0)
  }
  try {
    await until('15 requests in progress', async () => (await inFlight()) === requests.length, 1.5)
  } catch (error) {
    // A busy machine: the first ones were answered before the last ones were sent.
    await Promise.all(requests)
    if (attempts === 0) throw error
    return killOne(site, users, attempts - 1)
  }
  process.kill(site.workers[0], 'SIGKILL')
  return Promise.all(requests)
}

async function alertsFireAndStop({ prometheus }, users, claims) {
  await claims.happens('RequestsFail fires while requests fail', async () => {
    await until('the alert', async () => {
      await users.send('GET', '/broken')
      return (await prometheus.firing()).includes('RequestsFail')
    })
    return 'firing'
  })
  await claims.happens('no alert fires while all is well', async () => {
    await until('no alert', async () => {
      await users.send('GET', '/')
      // These depend on the load of the machine, too.
      return (await prometheus.firing()).every((name) => /^(EventLoop|RoutesSlow)/.test(name))
    })
    return 'stopped'
  })
}

async function theNextRunCountsFromZero(site, claims, supervisord) {
  const { prometheus } = site
  const down = async () => (await prometheus.firing()).includes('PromhiveTargetDown')
  await claims.happens('PromhiveTargetDown fires when the application has ended', async () => {
    await site.stopApplication()
    await until('the alert', down)
    return 'firing'
  })
  await claims.happens('it stops when the application is started again', async () => {
    await site.startApplication()
    await until('no alert', async () => !(await down()))
    return 'stopped'
  })
  if (supervisord) {
    await claims.happens('supervisor starts promhive run again after kill -9', async () => {
      const killed = site.supervisor
      process.kill(killed, 'SIGKILL')
      await until('another pid', () => site.supervisor !== killed)
      await site.opens()
      return `pid ${killed}, then ${site.supervisor}`
    })
  }
  const users = new Users(site.url)
  await users.visit(20)
  const requests = () => prometheus.value('sum(http_requests_total{job="shop"})')
  await settle(async () => (await requests()) === users.sent, 10)
  const value = await requests()
  claims.add('the next run counts from zero', value === users.sent, seen(users.sent, value))
}

const seen = (expected, value) => `users ${expected}, Prometheus ${value}`
