import { expect, test } from 'vitest'
import { Counter } from '../../src/metric/counter.js'
import { Gauge } from '../../src/metric/gauge.js'
import { Histogram } from '../../src/metric/histogram.js'
import { Summary } from '../../src/metric/summary.js'
import { Registry } from '../../src/registry/registry.js'
import { explain } from '../../src/runtime/explain.js'
import { freshDirectory, TestProcess } from '../helpers/homes.js'

/** The buckets of Python's default histogram, without +Inf. */
const pythonBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

function application(workers: number): readonly [Registry, ...TestProcess[]] {
  const directory = freshDirectory()
  const processes = Array.from({ length: workers }, () => new TestProcess(directory))
  return [processes[0]!.registry, ...processes]
}

test('one default histogram of 8 workers is about 140 series, as in an application that is scraped worker by worker', async () => {
  const [registry] = application(1)
  new Histogram({ name: 'flask_seconds', help: 'X.', buckets: pythonBuckets, registers: [registry] }).observe(1)
  const { merged, perWorker, perTarget, families } = await explain(registry, { workers: 8 })
  expect(merged).toMatchObject({ text: { series: 17 }, openMetrics: { series: 18 }, targets: 1, targetSeries: 5 })
  expect(perWorker).toMatchObject({ text: { series: 136 }, openMetrics: { series: 144 }, targets: 1 })
  expect(perTarget).toMatchObject({ text: { series: 136 }, openMetrics: { series: 144 }, targets: 8, targetSeries: 40 })
  expect(families).toMatchObject([{ name: 'flask_seconds', labelSets: 1, labels: [{ name: 'le', values: 15 }] }])
})

test('the costs of the workers that are running are those of real scrapes, to the byte', async () => {
  const [registry, ...processes] = application(3)
  for (const [i, process] of processes.entries()) {
    const common = { help: 'X.', registers: [process.registry] }
    const jobs = new Counter({ ...common, name: 'jobs_total', labelNames: ['queue', 'zone'] })
    // Not every worker has every series.
    for (let series = 0; series <= i; series++) jobs.inc({ queue: `q${series}`, zone: 'ü' }, 10 ** i)
    new Gauge({ ...common, name: 'rss_bytes', mode: 'liveall' }).set(1000 * i)
    new Gauge({ ...common, name: 'latest', mode: 'mostrecent', labelNames: ['a'] }).labels('x').set(i)
    new Summary({ ...common, name: 'size', quantiles: [0.5, 0.9] }).observe(i)
  }
  const costs = await explain(registry)
  expect(costs).toMatchObject({ workers: 3, running: 3 })
  const scraped = async (perWorker: boolean, accept: string) => {
    processes[0]!.configure({ perWorker })
    const { chunks } = await registry.expose(accept)
    const text = Buffer.concat(chunks).toString()
    return { bytes: Buffer.byteLength(text), series: text.split('\n').filter((line) => /^[^#]/.test(line)).length }
  }
  const open = 'application/openmetrics-text'
  expect(costs.merged.text).toEqual(await scraped(false, 'text/plain'))
  expect(costs.perWorker.text).toEqual(await scraped(true, 'text/plain'))
  expect(costs.merged.openMetrics).toEqual(await scraped(false, open))
  expect(costs.perWorker.openMetrics).toEqual(await scraped(true, open))
  const series = Object.fromEntries(
    costs.families.map(({ name, merged, perWorker, perTarget }) => [
      name,
      [merged, perWorker, perTarget].map(({ text }) => text.series),
    ]),
  )
  expect(series).toEqual({ jobs_total: [3, 6, 6], rss_bytes: [3, 3, 3], latest: [1, 3, 3], size: [4, 12, 12] })
})

test('with more workers, common series are multiplied, those of a single worker are not, and a gauge per worker grows', async () => {
  const [registry, ...processes] = application(4)
  for (const [i, process] of processes.entries()) {
    const common = { help: 'X.', registers: [process.registry] }
    new Counter({ ...common, name: 'jobs_total' }).inc()
    new Gauge({ ...common, name: 'rss_bytes', mode: 'liveall' }).set(1)
    if (i === 0) new Counter({ ...common, name: 'restarts_total', labelNames: ['why'] }).inc({ why: 'exit' })
    if (i === 0)
      registry.registerCollector({
        name: 'queue',
        collect: () => [{ name: 'queue_length', help: 'X.', type: 'gauge', values: [{ value: 3 }] }],
      })
  }
  const { families } = await explain(registry, { workers: 16 })
  const series = families.map(({ name, merged, perWorker, perTarget }) => [
    name,
    ...[merged, perWorker, perTarget].map(({ text }) => text.series),
  ])
  expect(series).toEqual([
    ['jobs_total', 1, 16, 16],
    ['queue_length', 1, 1, 16],
    ['rss_bytes', 16, 16, 16],
    ['restarts_total', 1, 1, 1],
  ])
})

test('the label that multiplies most comes first', async () => {
  const [registry] = application(1)
  const requests = new Counter({
    name: 'r_total',
    help: 'X.',
    labelNames: ['code', 'method', 'route'],
    registers: [registry],
  })
  for (const route of ['a', 'b', 'c', 'd', 'e'])
    for (const method of ['GET', 'POST']) requests.inc({ route, method, code: '200' })
  requests.inc({ route: 'a', method: 'GET', code: undefined })
  const [family] = (await explain(registry)).families
  expect(family!.labels).toEqual([
    { name: 'route', values: 5, saves: 8 },
    { name: 'method', values: 2, saves: 5 },
    { name: 'code', values: 2, saves: 1 },
  ])
})

test('what is measured appears in no later scrape, and the next scrape is as before', async () => {
  const [registry] = application(2)
  new Counter({ name: 'jobs_total', help: 'X.', registers: [registry] }).inc(3)
  const before = await registry.metrics()
  await explain(registry, { workers: 50 })
  expect(await registry.metrics()).toBe(before)
})

test('refuses something else than a registry, and no workers', async () => {
  for (const workers of [0, 1.5, -1, '8' as never])
    await expect(explain(new Registry(), { workers })).rejects.toThrow(/workers must be a whole number from 1/)
  await expect(explain({} as never)).rejects.toThrow('explain takes a registry, got an object')
})
