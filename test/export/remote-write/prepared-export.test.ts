import { describe, expect, test } from 'vitest'
import type { ExportedSeries } from '../../../src/export/remote-write/exported-series.js'
import type { WriteMessage } from '../../../src/export/remote-write/message.js'
import { type Packing, PreparedExport } from '../../../src/export/remote-write/prepared-export.js'
import { SymbolRequest } from '../../../src/export/remote-write/symbol-request.js'
import { WriteRequest } from '../../../src/export/remote-write/write-request.js'
import { Counter, Gauge, Histogram, Info, Registry, StateSet, Summary } from '../../../src/index.js'
import { Slices } from '../../../src/platform/slices.js'
import { bySeries, printed, type ReadRequest, readMessage } from '../../helpers/remote-write/messages.js'

const timestamp = 1_700_000_000_123

describe('a series is stored as by a scrape', () => {
  test('with the names and bounds of OpenMetrics, job and instance, and without a creation time', async () => {
    const registry = filledRegistry()
    const [request] = await requestsOf(registry, { commonLabels: { job: 'shop', instance: 'a' } })
    const common = 'instance="a",job="shop"'
    expect(bySeries(request!)).toEqual({
      [`build_info{${common},version="1.2"}`]: 1,
      [`jobs_total{${common},queue="mail"}`]: 3,
      [`latency_seconds{${common},quantile="0.5"}`]: expect.closeTo(0.25, 2),
      [`latency_seconds_sum{${common}}`]: 0.25,
      [`latency_seconds_count{${common}}`]: 1,
      [`size_bytes_bucket{${common},le="1.0"}`]: 0,
      [`size_bytes_bucket{${common},le="1e+06"}`]: 1,
      [`size_bytes_bucket{${common},le="+Inf"}`]: 1,
      [`size_bytes_sum{${common}}`]: 20,
      [`size_bytes_count{${common}}`]: 1,
      [`state{${common},state="off"}`]: 0,
      [`state{${common},state="on"}`]: 1,
      [`temperature_celsius{${common}}`]: -3.5,
    })
    expect(new Set(request!.series.map((series) => series.timestamp))).toEqual(new Set([timestamp]))
  })

  test('with sorted labels, among which a capital letter comes before the name', async () => {
    const registry = new Registry()
    const labelNames = ['method', 'Code'] as const
    new Counter({ name: 'a', help: 'A.', labelNames, registers: [registry] }).inc({ method: 'GET', Code: 200 })
    const [request] = await requestsOf(registry, { commonLabels: { job: 'shop', Zone: 'b' } })
    expect(request!.series.map(({ labels }) => labels)).toEqual([
      ['Code', '200', 'Zone', 'b', '__name__', 'a_total', 'job', 'shop', 'method', 'GET'],
    ])
  })

  test('without empty values, and with its own labels before the default ones and those before the external ones', async () => {
    const registry = new Registry()
    registry.setDefaultLabels({ job: 'from default', zone: 'b' })
    const a = new Gauge({ name: 'a', help: 'A.', labelNames: ['method', 'job'], registers: [registry] })
    a.set({ method: '', job: 'own' }, 1)
    a.set({ method: 'GET', job: '' }, 2)
    new Histogram({ name: 'h', help: 'H.', buckets: [-1], registers: [registry] }).observe(2)
    const [request] = await requestsOf(registry, {
      commonLabels: { job: 'external', instance: 'i', le: '7', empty: '' },
    })
    expect(bySeries(request!)).toEqual({
      'a{instance="i",job="own",le="7",zone="b"}': 1,
      'a{instance="i",job="from default",le="7",method="GET",zone="b"}': 2,
      'h_bucket{instance="i",job="from default",le="-1.0",zone="b"}': 0,
      'h_bucket{instance="i",job="from default",le="+Inf",zone="b"}': 1,
      'h_sum{instance="i",job="from default",zone="b"}': 2,
      'h_count{instance="i",job="from default",zone="b"}': 1,
    })
  })

  test('with values that are not finite numbers', async () => {
    const registry = new Registry()
    const gauge = new Gauge({ name: 'g', help: 'G.', labelNames: ['n'], registers: [registry] })
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e300, 5e-324]
    for (const [n, value] of values.entries()) gauge.set({ n }, value)
    const [request] = await requestsOf(registry)
    expect(request!.series.map(({ value }) => value)).toEqual(values)
  })

  test('of a plug-in, each series once, because a receiver refuses two values of one', async () => {
    const name = 'queue_length'
    const samples = [
      { name, labels: { queue: 'ä' }, value: 1 },
      { name, labels: { queue: 'ä', empty: '' }, value: 2 },
      { name, labels: { queue: 'b', job: '' }, value: 3 },
      // The bits of the marker of an ended series, which a value must not have.
      { name, labels: { queue: 'c' }, value: new Float64Array(BigUint64Array.of(0x7ff0000000000002n).buffer)[0]! },
    ]
    const prepared = new PreparedExport(packing({ commonLabels: { job: 'shop' } }), timestamp)
    await prepared.add({
      families: [{ name, help: 'Q.', type: 'gauge', samples }],
      defaultLabels: {},
      workers: 1,
      faults: [],
      pause: new Slices(),
      release() {},
    })
    const { series } = readMessage(prepared.batches[0]!.body)
    expect(series.map(({ labels, value }) => [printed(labels), value])).toEqual([
      ['queue_length{job="shop",queue="ä"}', 1],
      ['queue_length{job="shop",queue="b"}', 3],
      ['queue_length{job="shop",queue="c"}', Number.NaN],
    ])
  })
})

describe.each([
  { version: '1.0', message: () => new WriteRequest() },
  { version: '2.0', message: () => new SymbolRequest() },
])('version $version', ({ message }) => {
  test('has all series', async () => {
    const registry = filledRegistry()
    const [expected] = await requestsOf(registry)
    const [request] = await requestsOf(registry, { message: message() })
    expect(bySeries(request!)).toEqual(bySeries(expected!))
    expect(Object.keys(bySeries(request!))).toHaveLength(13)
  })

  test('has the exemplars that receivers accept, with a time', async () => {
    const registry = new Registry()
    const options = { help: 'X.', registers: [registry] }
    new Counter({ name: 'a', ...options }).inc(1, { trace_id: 'abc', b: 'ü' })
    const histogram = new Histogram({ name: 'h', buckets: [1, 2], ...options })
    histogram.observe(1.5, { trace_id: 'def' })
    const before = Date.now()
    const [request] = await requestsOf(registry, { message: message() })
    const exemplars = request!.series.map(({ labels, exemplar }) => [printed(labels), exemplar])
    const time = expect.toSatisfy((ms: number) => ms <= before + 1 && ms > before - 60_000)
    expect(exemplars.filter(([, exemplar]) => exemplar !== undefined)).toEqual([
      ['a_total', { labels: ['b', 'ü', 'trace_id', 'abc'], value: 1, timestamp: time }],
      ['h_bucket{le="2.0"}', { labels: ['trace_id', 'def'], value: 1.5, timestamp: time }],
    ])
  })

  test('has requests of at most so many samples, and keeps a histogram together', async () => {
    const registry = new Registry()
    const options = { help: 'X.', labelNames: ['n'], registers: [registry] } as const
    const counter = new Counter({ name: 'a', ...options })
    for (let n = 0; n < 25; n++) counter.inc({ n })
    const histogram = new Histogram({ name: 'h', buckets: [1, 2], ...options })
    for (let n = 0; n < 4; n++) histogram.observe({ n }, 1)
    const requests = await requestsOf(registry, { message: message(), maxSamples: 10 })
    expect(requests.map(({ series }) => series.length)).toEqual([10, 10, 10, 10, 5])
    expect(Object.keys(Object.assign({}, ...requests.map(bySeries)))).toHaveLength(45)
  })
})

test('version 2.0 has types, help, units, and the times at which series began', async () => {
  const registry = filledRegistry()
  const [request] = await requestsOf(registry, { message: new SymbolRequest(), timestamp: Date.now() + 5 })
  const known = Object.fromEntries(
    request!.series.map(({ labels, metadata, start }) => [
      labels[labels.indexOf('__name__') + 1],
      [metadata?.type, metadata?.help, metadata?.unit, start !== undefined],
    ]),
  )
  expect(known).toEqual({
    build_info: ['INFO', 'Build.', '', false],
    jobs_total: ['COUNTER', 'Jobs.', '', true],
    latency_seconds: ['SUMMARY', 'L.', 'seconds', false],
    latency_seconds_sum: ['SUMMARY', 'L.', 'seconds', true],
    latency_seconds_count: ['SUMMARY', 'L.', 'seconds', true],
    size_bytes_bucket: ['HISTOGRAM', 'S.', '', true],
    size_bytes_sum: ['HISTOGRAM', 'S.', '', true],
    size_bytes_count: ['HISTOGRAM', 'S.', '', true],
    state: ['STATESET', 'State.', '', false],
    temperature_celsius: ['GAUGE', ' ', '', false],
  })
  const starts = request!.series.flatMap(({ start }) => start ?? [])
  expect(Math.min(...starts)).toBeGreaterThan(Date.now() - 60_000)
})

test('version 1.0 has the metadata in a request of its own', async () => {
  const registry = filledRegistry()
  const gathered = await registry.gather()
  const prepared = new PreparedExport(packing(), timestamp)
  prepared.describe(gathered.families, new WriteRequest())
  gathered.release()
  const { metadata, series } = readMessage(prepared.batches[0]!.body)
  expect(series).toEqual([])
  expect(metadata).toEqual(
    expect.arrayContaining([
      { name: 'jobs_total', type: 'COUNTER', help: 'Jobs.', unit: '' },
      { name: 'build_info', type: 'INFO', help: 'Build.', unit: '' },
      { name: 'latency_seconds', type: 'SUMMARY', help: 'L.', unit: 'seconds' },
    ]),
  )
  expect(metadata).toHaveLength(6)
})

describe('a series that ended gets the marker once', () => {
  test('when it was removed', async () => {
    const registry = new Registry()
    const options = { help: 'X.', labelNames: ['n'], registers: [registry] } as const
    const counter = new Counter({ name: 'a', ...options })
    const histogram = new Histogram({ name: 'h', buckets: [1], ...options })
    for (const n of [1, 2, 3]) counter.inc({ n })
    histogram.observe({ n: 1 }, 1)
    const first = await exportOf(registry)
    counter.remove({ n: 2 })
    histogram.remove({ n: 1 })
    const second = await exportOf(registry, first.sent)
    expect(markersOf(second)).toEqual([
      'a_total{n="2"}',
      'h_bucket{le="1.0",n="1"}',
      'h_bucket{le="+Inf",n="1"}',
      'h_sum{n="1"}',
      'h_count{n="1"}',
    ])
    counter.inc({ n: 2 })
    expect(markersOf(await exportOf(registry, second.sent))).toEqual([])
  })

  test('with the whole family', async () => {
    const registry = new Registry()
    new Counter({ name: 'a', help: 'A.', registers: [registry] }).inc()
    new Gauge({ name: 'b', help: 'B.', registers: [registry] }).set(1)
    const first = await exportOf(registry)
    registry.removeSingleMetric('b')
    const second = await exportOf(registry, first.sent)
    expect(markersOf(second)).toEqual(['b'])
  })

  test('when the default labels changed, because they are part of its name', async () => {
    const registry = new Registry()
    new Counter({ name: 'a', help: 'A.', registers: [registry] }).inc()
    const first = await exportOf(registry)
    registry.setDefaultLabels({ zone: 'b' })
    const second = await exportOf(registry, first.sent)
    expect(markersOf(second)).toEqual(['a_total'])
    expect(bySeries(second.request)).toMatchObject({ 'a_total{zone="b"}': 1 })
  })

  test('when the rows of its table have new numbers', async () => {
    const [first, second] = [new Registry(), new Registry()]
    const options = { name: 'a', help: 'A.', labelNames: ['n'] } as const
    const before = new Counter({ ...options, registers: [first] })
    for (const n of [1, 2, 3]) before.inc({ n })
    const after = new Counter({ ...options, registers: [second] })
    for (const n of [4, 3, 1]) after.inc({ n })
    expect(markersOf(await exportOf(second, (await exportOf(first)).sent))).toEqual(['a_total{n="2"}'])
  })

  test('when only a bucket has gone', async () => {
    const first = new Registry()
    new Histogram({ name: 'h', help: 'H.', buckets: [1, 2], registers: [first] }).observe(1)
    const second = new Registry()
    new Histogram({ name: 'h', help: 'H.', buckets: [1], registers: [second] }).observe(1)
    const before = await exportOf(first)
    expect(markersOf(await exportOf(second, before.sent))).toEqual(['h_bucket{le="2.0"}'])
  })

  test('in a family of a collector', async () => {
    const registry = new Registry()
    let queues = ['a', 'b']
    registry.registerCollector({
      name: 'queues',
      collect: () => [
        {
          name: 'length',
          help: 'L.',
          type: 'gauge',
          values: queues.map((queue) => ({ labels: { queue }, value: 1 })),
        },
      ],
    })
    const first = await exportOf(registry)
    queues = ['b', 'c']
    expect(markersOf(await exportOf(registry, first.sent))).toEqual(['length{queue="a"}'])
  })
})

interface Exported {
  readonly request: ReadRequest
  readonly sent: ExportedSeries
}

function markersOf({ request }: Exported): string[] {
  return Object.entries(bySeries(request)).flatMap(([series, value]) => (value === 'stale' ? [series] : []))
}

async function exportOf(registry: Registry, before?: ExportedSeries): Promise<Exported> {
  const gathered = await registry.gather()
  const prepared = new PreparedExport(packing(), timestamp)
  await prepared.add(gathered, before)
  gathered.release()
  return { request: readMessage(prepared.batches[0]!.body), sent: prepared.sent }
}

function packing(options: Partial<Packing> = {}): Packing {
  return {
    message: new WriteRequest(),
    compress: (bytes) => bytes.slice(),
    maxSamples: 1000,
    commonLabels: {},
    ...options,
  }
}

async function requestsOf(
  registry: Registry,
  { timestamp: at = timestamp, ...options }: Partial<Packing> & { readonly timestamp?: number } = {},
): Promise<ReadRequest[]> {
  const used: Packing & { readonly message: WriteMessage } = packing(options)
  const gathered = await registry.gather({ exemplars: true })
  const prepared = new PreparedExport(used, at)
  await prepared.add(gathered)
  gathered.release()
  return prepared.batches.map(({ body }) => readMessage(body, used.message.contentType))
}

function filledRegistry(): Registry {
  const registry = new Registry()
  const registers = [registry]
  new Counter({ name: 'jobs', help: 'Jobs.', labelNames: ['queue'], registers }).inc({ queue: 'mail' }, 3)
  new Gauge({ name: 'temperature_celsius', help: ' ', registers }).set(-3.5)
  new Histogram({ name: 'size_bytes', help: 'S.', buckets: [1, 1e6], registers }).observe(20)
  const summary = { name: 'latency_seconds', help: 'L.', unit: 'seconds', percentiles: [0.5], registers }
  new Summary(summary).observe(0.25)
  new Info({ name: 'build', help: 'Build.', labelNames: ['version'], registers }).info({ version: '1.2' })
  new StateSet({ name: 'state', help: 'State.', states: ['off', 'on'], registers }).state('on')
  return registry
}
