import { readFileSync } from 'node:fs'
import type { ServerOptions } from 'node:https'
import { describe, expect } from 'vitest'
import { OtlpDestination } from '../../../src/export/otlp/otlp-destination.js'
import { OtlpEnvironment } from '../../../src/export/otlp/otlp-environment.js'
import { type OtlpOptions, otlpSettings } from '../../../src/export/otlp/otlp-settings.js'
import type { Gathered, Gatherer } from '../../../src/gather/gatherer.js'
import { Counter, Gauge, Histogram, Info, Registry, StateSet, Summary } from '../../../src/index.js'
import type { SampleFamily } from '../../../src/model/family.js'
import { hasOpenssl, makeCertificate } from '../../helpers/certificates.js'
import { OtlpReceiver, type ReceivedMetric } from '../../helpers/otlp-receiver.js'
import { freePort } from '../../helpers/processes/port.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { noPause, restless } from '../../helpers/writers.js'

describe('the metrics of a registry', () => {
  test('have the data that the specification of compatibility gives to their types', async ({ stage }) => {
    const received = await Promise.all(
      (['http/protobuf', 'http/json'] as const).map(async (protocol) => {
        const { receiver, send } = await destinationTo(stage, { protocol })
        await send(registryOfAllTypes())
        expect(receiver.accepted[0]).toMatchObject({
          path: '/v1/metrics',
          headers: { 'content-type': protocol === 'http/json' ? 'application/json' : 'application/x-protobuf' },
          resource: { 'service.name': 'shop' },
          scope: { name: 'promhive', version: '1.2.3' },
        })
        return receiver.accepted[0]!.metrics
      }),
    )
    const [protobuf, json] = received.map((metrics) => metrics.map(withoutTimes))
    expect(json).toEqual(protobuf)
    const shapes = protobuf!.map(({ name, data, isMonotonic, aggregationTemporality, unit, metadata, points }) => {
      const values = points.map(({ attributes, asDouble }) => ({ ...attributes, value: asDouble }))
      return [name, data, isMonotonic, aggregationTemporality, unit, metadata['prometheus.type'], values]
    })
    expect(shapes).toEqual([
      ['jobs_total', 'sum', true, 2, '', 'counter', [{ queue: 'mail', value: 3 }]],
      ['load_ratio', 'gauge', undefined, undefined, '1', 'gauge', [{ value: -2.5 }]],
      ['took_seconds', 'histogram', undefined, 2, 's', 'histogram', [{ value: undefined }]],
      ['size_bytes', 'summary', undefined, undefined, 'By', 'summary', [{ value: undefined }]],
      ['build_info', 'sum', undefined, 2, '', 'info', [{ version: '7', value: 1 }]],
      [
        'stage',
        'sum',
        undefined,
        2,
        '',
        'stateset',
        [
          { stage: 'on', value: 0 },
          { stage: 'off', value: 1 },
        ],
      ],
    ])
    const point = (name: string) => protobuf!.find((metric) => metric.name === name)!.points[0]
    expect(point('took_seconds')).toMatchObject({
      count: '3',
      sum: 3.5,
      bucketCounts: ['1', '1', '1'],
      explicitBounds: [0.5, 1],
    })
    expect(point('size_bytes')).toMatchObject({ count: '1', sum: 10, quantileValues: [{ quantile: 0.5, value: 10 }] })
    const [{ traceId, filteredAttributes } = {}] = point('jobs_total')!.exemplars ?? []
    expect([traceId, filteredAttributes]).toEqual(['5b8efff798038103d269b633813fc60c', { user: 'x' }])
  })

  test('have the time at which counting began, and the time of the export', async ({ stage }) => {
    const before = Date.now()
    const { receiver, send } = await destinationTo(stage)
    const registry = new Registry()
    const jobs = new Counter({ name: 'jobs_total', help: 'Jobs.', registers: [registry] })
    jobs.inc()
    const counted = Date.now()
    await send(registry)
    const [first] = receiver.last('jobs_total')!.points
    await send(registry)
    const [second] = receiver.last('jobs_total')!.points
    const start = Number(first!.startTimeUnixNano) / 1e6
    expect(start).toBeGreaterThanOrEqual(before - 1)
    expect(start).toBeLessThanOrEqual(counted + 1)
    expect(second!.startTimeUnixNano).toBe(first!.startTimeUnixNano)
    expect(BigInt(second!.timeUnixNano)).toBeGreaterThanOrEqual(BigInt(first!.timeUnixNano))
  })

  test('have default labels, unless a series has its own', async ({ stage }) => {
    const { receiver, send } = await destinationTo(stage)
    const registry = new Registry()
    registry.setDefaultLabels({ app: 'shop', queue: 'none' })
    new Counter({ name: 'jobs_total', help: 'Jobs.', labelNames: ['queue'], registers: [registry] }).inc({
      queue: 'a',
    })
    new Gauge({ name: 'load', help: 'Load.', registers: [registry] }).set(1)
    await send(registry)
    expect(receiver.last('jobs_total')!.points[0]!.attributes).toEqual({ app: 'shop', queue: 'a' })
    expect(receiver.last('load')!.points[0]!.attributes).toEqual({ app: 'shop', queue: 'none' })
  })

  test('lose suffixes if the options say so, unless another family has that name', async ({ stage }) => {
    const { receiver, send } = await destinationTo(stage, { removeSuffixes: true })
    const registry = new Registry()
    const registers = [registry]
    new Counter({ name: 'jobs_total', help: 'x', registers }).inc()
    new Counter({ name: 'cpu_seconds_total', help: 'x', unit: 'seconds', registers }).inc()
    new Counter({ name: 'mails_total', help: 'x', registers }).inc()
    new Gauge({ name: 'mails', help: 'x', registers }).set(1)
    await send(registry)
    expect(namesIn(receiver)).toEqual(['jobs', 'cpu', 'mails_total', 'mails'])
  })
})

describe('the families of collectors and plug-ins', () => {
  const family = (type: string, name: string, samples: readonly [string, Record<string, string>, number][]) =>
    ({
      type,
      name,
      help: 'x',
      samples: samples.map(([each, labels, value]) => ({ name: each, labels, value })),
    }) as SampleFamily

  test('have the data of their types; what does not conform is a gauge for each name', async ({ stage }) => {
    const { receiver, send } = await destinationTo(stage)
    await send(
      gathererOf(
        family('counter', 'a_total', [
          ['a_total', { x: '1', y: '' }, 2],
          ['a_created', { x: '1' }, 1_700_000_000],
        ]),
        family('histogram', 'b', [
          ['b_bucket', { le: '+Inf', x: '1' }, 4],
          ['b_bucket', { le: '2', x: '1' }, 3],
          ['b_bucket', { le: '1.0', x: '1' }, 1],
          ['b_sum', { x: '1' }, 9],
          ['b_count', { x: '1' }, 4],
          ['b_bucket', { le: '+Inf' }, 0],
        ]),
        family('summary', 'c', [
          ['c', { quantile: '0.5' }, 7],
          ['c_sum', {}, 8],
          ['c_count', {}, 2],
        ]),
        family('histogram', 'd', [['d_wrong', {}, 1]]),
        family('gauge', 'e', []),
      ),
    )
    expect(namesIn(receiver)).toEqual(['a_total', 'b', 'c', 'd_wrong'])
    expect(receiver.last('a_total')!.points).toMatchObject([
      { attributes: { x: '1' }, asDouble: 2, startTimeUnixNano: '1700000000000000000' },
    ])
    expect(receiver.last('b')!.points).toMatchObject([
      { attributes: { x: '1' }, count: '4', sum: 9, bucketCounts: ['1', '2', '1'], explicitBounds: [1, 2] },
      { attributes: {}, count: '0', bucketCounts: ['0'] },
    ])
    expect(receiver.last('c')!.points).toMatchObject([
      { count: '2', sum: 8, quantileValues: [{ quantile: 0.5, value: 7 }] },
    ])
    expect(receiver.last('d_wrong')).toMatchObject({ data: 'gauge', metadata: { 'prometheus.type': 'unknown' } })
  })

  test('begin with the first export if they do not say when', async ({ stage }) => {
    const { receiver, send } = await destinationTo(stage)
    const counter = (value: number) => gathererOf(family('counter', 'a_total', [['a_total', {}, value]]))
    await send(counter(5))
    const [first] = receiver.last('a_total')!.points
    await send(counter(6))
    const [second] = receiver.last('a_total')!.points
    expect(first!.startTimeUnixNano).toBe(first!.timeUnixNano)
    expect(second!.startTimeUnixNano).toBe(first!.timeUnixNano)
  })
})

describe('the requests', () => {
  test('have at most so many points, and each metric in one or more of them', async ({ stage }) => {
    const { receiver, send } = await destinationTo(stage, { maxPoints: 40, compression: 'gzip' })
    const registry = new Registry()
    const jobs = new Counter({ name: 'jobs_total', help: 'x', labelNames: ['n'], registers: [registry] })
    for (let i = 0; i < 100; i++) jobs.inc({ n: i }, i)
    const load = new Gauge({ name: 'load', help: 'x', labelNames: ['n'], registers: [registry] })
    for (let i = 0; i < 20; i++) load.set({ n: i }, 1)
    expect(await send(registry)).toMatchObject({ samples: 120, dropped: 0 })
    expect(receiver.accepted.map(({ metrics }) => metrics.map(({ name, points }) => [name, points.length]))).toEqual([
      [['jobs_total', 40]],
      [['jobs_total', 40]],
      [
        ['jobs_total', 20],
        ['load', 20],
      ],
    ])
    expect(receiver.accepted[0]!.headers['content-encoding']).toBe('gzip')
    expect(receiver.sumOfDeltas('jobs_total')).toBe((99 * 100) / 2)
  })

  test('are written in slices', async ({ stage }) => {
    const { send } = await destinationTo(stage)
    const pause = restless()
    const registry = registryOfAllTypes()
    await send({ gather: async (request) => ({ ...(await registry.gather(request)), pause }) })
    expect(pause.rests).toBeGreaterThanOrEqual(7)
  })

  test('are not sent without points', async ({ stage }) => {
    const { receiver, send } = await destinationTo(stage)
    expect(await send(new Registry())).toMatchObject({ samples: 0 })
    expect(receiver.arrivals).toHaveLength(0)
  })

  test('have the headers of the options', async ({ stage }) => {
    const { receiver, send } = await destinationTo(stage, { headers: { authorization: 'Bearer x' } })
    await send(registryOfAllTypes())
    expect(receiver.accepted[0]!.headers.authorization).toBe('Bearer x')
  })

  test('do not hold the gathering while they are sent', async ({ stage }) => {
    const { receiver, send } = await destinationTo(stage)
    receiver.answer = { hangs: true }
    const registry = registryOfAllTypes()
    const abort = new AbortController()
    const sent = send(registry, abort.signal).catch((error: Error) => error.message)
    while (receiver.arrivals.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await registry.metrics()).toContain('jobs_total')
    abort.abort(new Error('the time is up'))
    expect(await sent).toBe('the time is up')
  })
})

describe('a receiver', () => {
  test('that is busy gets the request again, at the time that it asks for', async ({ stage }) => {
    const { receiver, send } = await destinationTo(stage)
    receiver.answers.push({ status: 503, headers: { 'retry-after': '1' } }, { status: 429 })
    expect(await send(registryOfAllTypes())).toMatchObject({ samples: 7, dropped: 0 })
    expect(receiver.accepted).toHaveLength(1)
    const [first, second] = receiver.arrivals
    expect(second! - first!).toBeGreaterThanOrEqual(990)
  })

  test.for(['http/protobuf', 'http/json'] as const)('that rejects points: %s', async (protocol, { stage }) => {
    const { receiver, send, warnings } = await destinationTo(stage, { protocol })
    receiver.answers.push({ rejected: 2, message: 'too old' }, { message: 'deprecated' }, { message: 'deprecated' })
    expect(await send(registryOfAllTypes())).toEqual({ samples: 5, dropped: 2, reason: 'too old' })
    expect(await send(registryOfAllTypes())).toEqual({ samples: 7, dropped: 0, reason: undefined })
    await send(registryOfAllTypes())
    expect(warnings).toEqual([`otlp: ${receiver.url}/v1/metrics says: deprecated`])
  })

  test('that refuses one request gets the others', async ({ stage }) => {
    const { receiver, send } = await destinationTo(stage, { maxPoints: 3 })
    receiver.answers.push({}, { status: 413 }, {})
    const sent = await send(registryOfAllTypes())
    expect(sent).toMatchObject({ samples: 4, dropped: 3 })
    expect(sent.reason).toBe(`${receiver.url}/v1/metrics answered with status 413`)
  })

  test('that refuses all is the error', async ({ stage }) => {
    const { receiver, send } = await destinationTo(stage, { maxPoints: 3 })
    receiver.answer = { status: 401 }
    await expect(send(registryOfAllTypes())).rejects.toThrow('answered with status 401')
    expect(receiver.arrivals).toHaveLength(1)
  })

  test('that is not there is the error, soon after the timeout', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`
    const destination = new OtlpDestination(settings({ endpoint }), { ...context(), timeout: 1_500 })
    const began = Date.now()
    const sent = destination.send(registryOfAllTypes(), AbortSignal.timeout(20_000))
    await expect(sent).rejects.toThrow(/ECONNREFUSED.*, after 2 tries$/)
    expect(Date.now() - began).toBeLessThan(1_500)
  })

  test.runIf(hasOpenssl)('that requires a certificate', async ({ stage }) => {
    const folder = stage.folder()
    const [server, client] = [makeCertificate(folder, 'server'), makeCertificate(folder, 'client')]
    const ca = readFileSync(client.certfile)
    const secure = { key: readFileSync(server.keyfile), cert: readFileSync(server.certfile), ca, requestCert: true }
    const files = { certificate: server.certfile, clientCertificate: client.certfile, clientKey: client.keyfile }
    const { receiver, send } = await destinationTo(stage, files, secure)
    await send(registryOfAllTypes())
    expect(receiver.accepted).toHaveLength(1)
    const without = await destinationTo(
      stage,
      { certificate: server.certfile },
      { ...secure, rejectUnauthorized: true },
    )
    await expect(without.send(registryOfAllTypes(), AbortSignal.timeout(500))).rejects.toThrow()
    expect(without.receiver.accepted).toHaveLength(0)
  })
})

function registryOfAllTypes(): Registry {
  const registry = new Registry()
  const registers = [registry]
  const jobs = new Counter({
    name: 'jobs_total',
    help: 'Jobs.',
    labelNames: ['queue'],
    enableExemplars: true,
    registers,
  })
  jobs.inc({
    labels: { queue: 'mail' },
    value: 3,
    exemplarLabels: { trace_id: '5b8efff798038103d269b633813fc60c', user: 'x' },
  })
  new Gauge({ name: 'load_ratio', help: 'Load.', unit: 'ratio', registers }).set(-2.5)
  const seconds = new Histogram({
    name: 'took_seconds',
    help: 'Time.',
    unit: 'seconds',
    buckets: [0.5, 1],
    registers,
  } as never)
  for (const value of [0.5, 1, 2]) seconds.observe(value)
  new Summary({ name: 'size_bytes', help: 'Size.', unit: 'bytes', percentiles: [0.5], registers }).observe(10)
  new Info({ name: 'build', help: 'Build.', labelNames: ['version'], registers }).info({ version: '7' })
  new StateSet({ name: 'stage', help: 'Stage.', states: ['on', 'off'], registers }).state('off')
  return registry
}

function settings(options: OtlpOptions) {
  return otlpSettings(options, new OtlpEnvironment({}, () => {}))
}

function context(warnings: string[] = []) {
  return {
    head: () => ({ resource: [['service.name', 'shop']], version: '1.2.3' }) as const,
    timeout: 10_000,
    warn: (text: string) => void warnings.push(text),
  }
}

async function destinationTo(stage: Stage, options: OtlpOptions = {}, secure?: ServerOptions) {
  const receiver = await OtlpReceiver.start(stage, secure)
  const warnings: string[] = []
  const destination = new OtlpDestination(settings({ endpoint: receiver.url, ...options }), context(warnings))
  stage.after(() => destination.close())
  const send = (gatherer: Gatherer, signal = AbortSignal.timeout(20_000)) => destination.send(gatherer, signal)
  return { receiver, warnings, send }
}

function gathererOf(...families: readonly SampleFamily[]): Gatherer {
  const gathered: Gathered = { families, defaultLabels: {}, workers: 0, faults: [], pause: noPause, release() {} }
  return { gather: async () => gathered }
}

function namesIn(receiver: OtlpReceiver): string[] {
  return receiver.accepted.at(-1)!.metrics.map(({ name }) => name)
}

function withoutTimes(metric: ReceivedMetric): ReceivedMetric {
  const points = metric.points.map(({ startTimeUnixNano: _, timeUnixNano: __, ...point }) => {
    const exemplars = point.exemplars?.map(({ timeUnixNano: ___, ...exemplar }) => exemplar)
    return { ...point, timeUnixNano: '', ...(exemplars !== undefined && { exemplars }) }
  })
  return { ...metric, points }
}
