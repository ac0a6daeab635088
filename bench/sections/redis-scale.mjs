import { measure } from '../measurement.mjs'
import { median } from '../median.mjs'
import { withCluster, withServer } from '../redis-servers.mjs'
import { figure, printTable } from '../table.mjs'

/** Writers and series of each. */
const sizes = [
  { writers: 100, series: 100 },
  { writers: 100, series: 1_000 },
  { writers: 1_000, series: 100 },
  { writers: 10_000, series: 10 },
]
const quickSizes = [{ writers: 30, series: 20 }]

/** What flushes and scrapes of many writers cost Redis: one server, and a cluster of three primaries with replicas. */
export async function scaleOfRedis(runtime, quick, faults) {
  const rows = []
  const rounds = quick ? 2 : 5
  const take = (where, address) => async (shards) => {
    for (const size of quick ? quickSizes : sizes) {
      const what = `${where}, shards ${shards}, ${size.writers} writers with ${size.series} series`
      await faults.guard(`redis, ${what}`, async () => {
        const taken = await measure('redis-scale', { ...address, ...size, shards, rounds }, { runtime })
        rows.push({ where, shards, ...size, ...summary(taken) })
        return taken
      })
    }
  }
  await faults.guard('redis, one server', () => withServer(async (url) => done(await take('one server', { url })(1))))
  await faults.guard('redis, a cluster', () =>
    withCluster(async (ports) => {
      for (const shards of [1, 3]) await take('cluster', { ports })(shards)
      return done()
    }),
  )
  print(rows)
  return rows
}

function done() {
  return { wrong: [] }
}

/** Medians of the rounds. `flushes per second` is an extrapolation: where the busiest node has no processor time left. */
function summary({ flush, cold, warm }) {
  const middle = (list, what) => median(list.map(what))
  const busiest = middle(flush, ({ busiest }) => busiest)
  return {
    cpu: middle(flush, ({ cpu }) => cpu),
    busiest,
    input: middle(flush, ({ input }) => input),
    output: middle(flush, ({ output }) => output),
    rate: middle(flush, ({ rate }) => rate),
    limit: 1e6 / busiest,
    cold,
    warm: Object.fromEntries(['ms', 'cpu', 'output'].map((name) => [name, middle(warm, (each) => each[name])])),
  }
}

function print(rows) {
  console.log('\nRedis by writers and series: every writer has changed all of its series, one flush each')
  printTable(
    [
      'writers x series',
      '',
      'shards',
      'CPU µs/flush',
      'busiest node',
      'bytes in',
      'out',
      'flushes/s, measured',
      'extrapolated limit',
    ],
    rows.map(({ writers, series, where, shards, cpu, busiest, input, output, rate, limit }) => [
      `${figure(writers)} x ${figure(series)}`,
      where,
      shards,
      ...[cpu, busiest, input, output, rate, limit].map((value) => figure(value)),
    ]),
  )
  console.log('\nA scrape of them: the first of a process, and one after all have flushed again')
  printTable(
    ['writers x series', '', 'shards', 'cold ms', 'CPU ms', 'KB', 'warm ms', 'CPU ms', 'KB'],
    rows.map(({ writers, series, where, shards, cold, warm }) => [
      `${figure(writers)} x ${figure(series)}`,
      where,
      shards,
      ...[cold, warm].flatMap(({ ms, cpu, output }) => [ms, cpu, output / 1000].map((value) => figure(value))),
    ]),
  )
  console.log(`  CPU is that of the main threads of the servers that are no replicas. The limit is extrapolated: it is
  how many flushes of this size take all of the processor time of the busiest server, with no scrape beside them.`)
}
