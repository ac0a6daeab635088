import { hasStatsd, receivedNames, startStatsd } from './statsd.mjs'
import { table } from './table.mjs'
import { settle } from './until.mjs'
import { ask, Users } from './users.mjs'

/**
 * The alternatives: the job of Prometheus that scrapes each, and where `promhive explain` has what it costs. In Prometheus
 * they cost more with each target, because each has `up` and four series of its scrapes.
 */
const alternatives = [
  { name: 'all workers merged', job: 'merged', explained: 'merged', found: 'a fixed address', beside: '' },
  { name: 'a label for the worker', job: 'worker-label', explained: 'perWorker', found: 'a fixed address', beside: '' },
  { name: 'a range of ports', job: 'port-range', explained: 'perTarget', found: 'http_sd', beside: '' },
  { name: 'etcd', job: 'etcd', explained: 'perTarget', found: 'file_sd', beside: 'etcd, promhive discover' },
]
const addedByPrometheus = 'up|scrape_.+'

/** Runs the alternatives for one application at the same time, counts their series, and compares them with explain. */
export async function compare(site, claims) {
  startEtcd(site)
  if (hasStatsd) startStatsd(site)
  await site.deploy('etc/alternatives/promhive.yaml')
  await site.startApplication()
  await site.startNginx()
  const directory = site.path('/run/shop/metrics')
  site.startPromhive('serve', '--dir', directory, '--per-worker', '--port', site.port(9465))
  const found = site.path('/etc/prometheus/etcd.json')
  site.startPromhive('discover', 'etcd', '--url', `http://127.0.0.1:${site.port(2379)}`, '--out', found)
  // One request after the other: the workers get them in turn, each of every kind.
  await new Users(site.url).visit(100)
  await site.startPrometheus('1s', 'etc/alternatives/prometheus.yml')

  // The first scrapes are not complete, and a process may get a new kind of active resource between two scrapes.
  let rows
  await settle(async () => {
    const expected = await explainedSeries(site, directory)
    rows = await Promise.all(alternatives.map((each) => measured(site.prometheus, each, expected)))
    if (hasStatsd) rows.push(await measuredStatsd(site))
    return rows.every(({ series, expected }) => series === expected)
  }, 60)

  const heading = ['', 'found by', 'targets', 'series', 'explain', 'up, scrape_*', 'beside it']
  const cells = rows.map((row) => [row.name, row.found, row.targets, row.series, row.expected, row.added, row.beside])
  console.log(`\n${table([heading, ...cells])}\n`)
  if (!hasStatsd) console.log('  left out: statsd, whose server the tests bring (npm ci in test/statsd)\n')
  for (const { name, series, expected, from = 'explain' } of rows)
    claims.add(
      `${name}: measured as expected`,
      series === expected,
      `${series} in ${from === 'explain' ? 'Prometheus' : 'statsd'}, ${expected} by ${from}`,
    )
}

/** What Prometheus has at the moment: no series of promhive itself, which each port shows of its own. */
async function measured(prometheus, { job, explained, ...facts }, expected) {
  const count = async (names) => (await prometheus.value(`count({job="${job}", __name__${names}})`)) ?? 0
  return {
    ...facts,
    targets: (await prometheus.value(`sum(up{job="${job}"})`)) ?? 0,
    series: await count(`!~"promhive_.+|${addedByPrometheus}"`),
    added: await count(`=~"${addedByPrometheus}"`),
    expected: expected[explained],
  }
}

/** What explain says, in OpenMetrics, which is what Prometheus asks for. */
async function explainedSeries(site, directory) {
  const { families } = JSON.parse(await site.promhive('explain', directory, '--json'))
  const shown = families.filter(({ name }) => !name.startsWith('promhive_'))
  const sum = (way) => shown.reduce((series, family) => series + family[way].openMetrics.series, 0)
  return { merged: sum('merged'), perWorker: sum('perWorker'), perTarget: sum('perTarget') }
}

/** A server of statsd gets the samples of a merged scrape, but for counters that are 0 and gauges that are infinite. */
async function measuredStatsd(site) {
  const names = (await receivedNames(site.port(8126))).filter((name) => !name.startsWith('promhive_'))
  const { body } = await ask(`${site.metricsUrl}/metrics`)
  const types = new Map([...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]))
  const sent = [...body.matchAll(/^(?!promhive_)(\w+)(?:{.*})? (\S+)$/gm)].filter(([, name, value]) => {
    // A quantile has the name of its summary. Buckets, sums and counts have names that no type is listed for.
    const gauge = ['gauge', 'summary'].includes(types.get(name))
    return gauge ? Number.isFinite(Number(value)) : value !== '0'
  })
  return {
    name: 'statsd',
    found: 'pushed',
    targets: 0,
    series: names.length,
    expected: sent.length,
    from: 'a scrape',
    added: 0,
    beside: 'statsd, and what Prometheus reads it with',
  }
}

function startEtcd(site) {
  const [clients, peers] = [2379, 2380].map((port) => `http://127.0.0.1:${site.port(port)}`)
  const urls = {
    'listen-client-urls': clients,
    'advertise-client-urls': clients,
    'listen-peer-urls': peers,
    'initial-advertise-peer-urls': peers,
    'initial-cluster': `default=${peers}`,
    'data-dir': site.path('/var/lib/etcd'),
  }
  site.start('etcd', 'etcd', ...Object.entries(urls).map(([option, value]) => `--${option}=${value}`))
}
