import { Claims } from './claims.mjs'
import { until } from './until.mjs'
import { ask, Users } from './users.mjs'

/** Someone who is not Prometheus: on a machine, each address of 127.0.0.0/8 can be the other side of a connection. */
const stranger = { localAddress: '127.0.0.2' }

/** Drives a site from end to end. @returns {Promise<number>} how many claims failed */
export async function prove(site) {
  const claims = new Claims()
  const users = new Users(site.url)
  await site.startApplication()
  await site.startNginx()
  // Rules and dashboard are made for the families that are there: every route has answered once.
  for (const path of ['/', '/items/1', '/reports', '/broken', '/nowhere']) await users.send('GET', path)
  await users.send('POST', '/orders')
  // A proof has no five minutes: rules look at two seconds, and fire at once.
  const change = (text) => text.replaceAll('[5m]', '[2s]').replaceAll(/for: \d+[ms]/g, 'for: 500ms')
  await site.startPrometheus({ every: '500ms', change })

  await strangersGetNothing(site, claims)
  await everyRequestCounts(site, users, claims)
  await alertsFireAndStop(site, users, claims)
  return claims.failed
}

async function strangersGetNothing(site, claims) {
  const { hostname, port } = new URL(site.metricsUrl)
  const status = async (url, options) =>
    ask(url, options).then(
      ({ status }) => status,
      (error) => error.code,
    )
  const users = await status(`${site.url}/metrics`)
  claims.add('users get 403 for /metrics on their port', users === 403, users)
  const other = await status(`${site.metricsUrl}/metrics`, stranger)
  claims.add('strangers get 403 on the metrics port', other === 403, other)
  const headers = { 'X-Forwarded-For': '127.0.0.1', 'X-Real-IP': '127.0.0.1' }
  const forged = await status(`${site.metricsUrl}/metrics`, { ...stranger, headers })
  claims.add('strangers get 403, whatever their headers say', forged === 403, forged)
  const page = await status(site.metricsUrl, stranger)
  claims.add('strangers get 403 for the page', page === 403, page)
  const direct = await status(`http://127.0.0.2:${site.directPort}/metrics`, stranger)
  claims.add("promhive's own port is closed on every other address", direct === 'ECONNREFUSED', direct)
  const allowed = await status(`http://${hostname}:${port}/metrics`)
  claims.add('Prometheus gets 200', allowed === 200, allowed)
}

async function everyRequestCounts(site, users, claims) {
  const { prometheus } = site
  const restarts = (reason) =>
    prometheus.value(`sum(promhive_primary_worker_restarts_total{reason="${reason}"}) or vector(0)`)
  const workers = () => prometheus.value('count(promhive_worker_state{promhive_worker_state="running"} == 1)')

  users.start()
  await claims.settle('a reload replaces every worker, while users send', async () => {
    site.signal('HUP')
    await until('4 workers replaced', async () => (await restarts('reload')) === 4)
    return '4 replaced'
  })
  await claims.settle('TTIN adds a worker', async () => {
    site.signal('TTIN')
    await until('5 workers', async () => (await workers()) === 5)
    return '5 workers'
  })
  await users.stop()
  await claims.settle('a worker is killed with SIGKILL while it answers', () => killOne(site, users, restarts))
  users.start()
  await until('requests after the kill', () => users.sent > 1)
  await users.stop()

  const unanswered = users.byStatus.get(502) ?? 0
  const answered = users.sent - unanswered
  await exactly(prometheus, claims, 'answered by the application', 'sum(http_requests_total{job="shop"})', answered)
  const sent = 'sum(promhive_worker_requests_total{job="shop"})'
  await exactly(prometheus, claims, 'sent by users, unanswered ones included', sent, users.sent)
  const killed = 'sum(promhive_worker_error_handling_total{error_type="killed"})'
  await exactly(prometheus, claims, 'unanswered (nginx: 502), by a killed worker', killed, unanswered)
}

/** Kills a worker while nothing but slow requests is on its way, so that all of them have reached a worker. */
async function killOne(site, users, restarts) {
  const slow = Array.from({ length: 15 }, () => users.send('GET', '/reports'))
  const inFlight = async () =>
    samples(await (await fetch(`${site.metricsUrl}/metrics`)).text(), 'promhive_worker_requests_in_flight')
  await until('15 requests in progress', async () => (await inFlight()) === 15)
  const [worker] = site.workers()
  process.kill(worker, 'SIGKILL')
  const statuses = await Promise.all(slow)
  await until('the restart', async () => (await restarts('signal')) === 1)
  return `${statuses.filter((status) => status === 502).length} of 15 requests got 502`
}

function samples(text, name) {
  const values = text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`))
    .map((line) => Number(line.split(' ').at(-1)))
  return values.reduce((sum, value) => sum + value, 0)
}

/** Waits until Prometheus has this number, and checks that it is still the same after two more scrapes. */
async function exactly(prometheus, claims, claim, expression, expected) {
  let value
  try {
    await until(claim, async () => (value = await prometheus.value(expression)) === expected, 10)
  } catch {}
  claims.add(claim, value === expected, `${expected} here, ${value} in Prometheus`)
}

async function alertsFireAndStop({ prometheus }, users, claims) {
  await claims.settle('RequestsFail fires while requests fail', async () => {
    await until('RequestsFail', async () => {
      await users.send('GET', '/broken')
      return (await prometheus.firing()).includes('RequestsFail')
    })
    return 'firing'
  })
  await claims.settle('RequestsFail stops when they do not', async () => {
    await until('no RequestsFail', async () => {
      await users.send('GET', '/')
      return !(await prometheus.firing()).includes('RequestsFail')
    })
    return 'stopped'
  })
}
