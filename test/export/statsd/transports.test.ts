import { join } from 'node:path'
import { StatsD } from 'hot-shots'
import { describe, expect, vi } from 'vitest'
import { Counter, configure, Registry } from '../../../src/index.js'
import { type StatsdOptions, startStatsd } from '../../../src/statsd.js'
import { freePort } from '../../helpers/processes/port.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { hasStatsd, StatsdServer } from '../../helpers/statsd/statsd-server.js'
import { hasUnixDatagrams, relay } from '../../helpers/statsd/unix-relay.js'

const errors = vi.fn()
configure({ onError: errors })

const reads = new URL('programs/reads.mjs', import.meta.url).pathname

function stageOf(stage: Stage, options: StatsdOptions & { timeout?: number }) {
  const registry = new Registry({ name: `r${stage.folder().replace(/\W/g, '_')}` })
  const jobs = new Counter({ name: 'jobs_total', help: 'X.', labelNames: ['kind'], registers: [registry] })
  const exporter = startStatsd({ timeout: 60, ...options, registry, interval: 3600 })
  stage.after(() => exporter.stop())
  return { jobs, exporter }
}

describe.runIf(hasStatsd)('over UDP', () => {
  test('nothing is lost while no server listens', async ({ stage }) => {
    const port = await freePort()
    const { jobs, exporter } = stageOf(stage, { address: `127.0.0.1:${port}` })
    for (let i = 0; i < 100; i++) jobs.inc({ kind: `number-${i}` }, 2)
    expect(await exporter.send()).toBe('failed')
    expect(await exporter.send()).toBe('failed')
    const text = `statsd: the metrics could not be sent to udp://127.0.0.1:${port} (no server listens there); the next try is in 3600 s`
    expect(errors.mock.lastCall?.[0]).toMatchObject({ code: 'EXPORT_FAILED', message: text })
    const server = await StatsdServer.start(stage, port)
    jobs.inc({ kind: 'number-0' })
    expect(await exporter.send()).toBe('ok')
    await server.received('jobs_total.kind.number-99', 2)
    expect(server.counter('jobs_total.kind.number-0')).toBe(3)
    expect(server.names()).toHaveLength(100)
    expect(server.badLines).toBe(0)
  })

  test('the server reads tags of DogStatsD', async ({ stage }) => {
    const server = await StatsdServer.start(stage)
    const { jobs, exporter } = stageOf(stage, { address: server.address, format: 'dogstatsd', prefix: 'shop.' })
    jobs.inc({ kind: 'a,b|c' }, 5)
    jobs.inc({ kind: 'a_2Cb|c' }, 6)
    expect(await exporter.send()).toBe('ok')
    // This server shows tags as Graphite does.
    await server.received('shop.jobs_total;kind=a_2Cb_7Cc', 5)
    await server.received('shop.jobs_total;kind=a_5F2Cb_7Cc', 6)
    expect(server.badLines).toBe(0)
  })

  test('a client of hot-shots is used, and left open', async ({ stage }) => {
    const server = await StatsdServer.start(stage)
    const client = new StatsD({ port: server.port, host: '127.0.0.1', prefix: 'not.applied.', maxBufferSize: 500 })
    stage.after(() => new Promise((resolve) => client.close(() => resolve())))
    const { jobs, exporter } = stageOf(stage, { client })
    jobs.inc({ kind: 'a' }, 5)
    expect(await exporter.send()).toBe('ok')
    await server.received('jobs_total.kind.a', 5)
    jobs.inc({ kind: 'a' }, 1)
    await exporter.stop()
    await server.received('jobs_total.kind.a', 6)
    client.increment('of_its_own')
    client.flush()
    await server.received('not.applied.of_its_own', 1)
  })

  test('lines that are longer than a datagram arrive, in datagrams of the size that the options set', async ({
    stage,
  }) => {
    const server = await StatsdServer.start(stage)
    const { jobs, exporter } = stageOf(stage, { address: server.address, maxDatagramBytes: 65_507 })
    // Fewer than fill the socket of a server that is not scheduled meanwhile: more would be lost, as UDP is.
    for (let i = 0; i < 15; i++) jobs.inc({ kind: `${i}-${'x'.repeat(5000)}` })
    expect(await exporter.send()).toBe('ok')
    await server.received(`jobs_total.kind.14-${'x'.repeat(5000)}`, 1)
    expect(server.names()).toHaveLength(15)
  })
})

describe.runIf(hasStatsd && hasUnixDatagrams)('to a Unix datagram socket', () => {
  test('the counts arrive exactly once, though the server comes later and is restarted', async ({ stage }) => {
    const path = join(stage.folder(), 'dsd.socket')
    const server = await StatsdServer.start(stage)
    const { jobs, exporter } = stageOf(stage, { address: `unix://${path}` })
    for (let i = 0; i < 1000; i++) jobs.inc({ kind: `number-${i}` }, 2)
    expect(await exporter.send()).toBe('failed')
    expect(errors.mock.lastCall?.[0].message).toContain(`(connect ENOENT: ${path})`)
    let open = await relay(path, server.port)
    expect(await exporter.send()).toBe('ok')
    await server.received('jobs_total.kind.number-999', 2)
    open.close()
    for (let i = 0; i < 1000; i++) jobs.inc({ kind: `number-${i}` }, 1)
    expect(await exporter.send()).toBe('failed')
    open = await relay(path, server.port)
    stage.after(() => open.close())
    expect(await exporter.send()).toBe('ok')
    await server.received('jobs_total.kind.number-999', 3)
    expect(server.names()).toHaveLength(1000)
    for (let i = 0; i < 1000; i++) expect(server.counter(`jobs_total.kind.number-${i}`)).toBe(3)
    expect(open.longest).toBeLessThanOrEqual(8192)
    expect(open.longest).toBeGreaterThan(8000)
  })

  test.for([
    ['until exports time out', 0.5, 3, 'no answer within 0.5 s'],
    ['for some seconds', 60, 1, 'the socket is full: the server does not read from it'],
  ] as const)(
    'the counts arrive exactly once, though the server does not read %s',
    async ([, timeout, exports, text], { stage }) => {
      const path = join(stage.folder(), 'dsd.socket')
      const server = await stage.start(reads)
      await server.ask('bind', path)
      const { jobs, exporter } = stageOf(stage, { address: `unix://${path}`, timeout })
      process.kill(server.pid, 'SIGSTOP')
      // More than the socket takes.
      const kinds = 6_000
      for (let i = 0; i < kinds; i++) jobs.inc({ kind: `number-${i}` }, 2)
      for (let i = 0; i < exports; i++) expect(await exporter.send()).toBe('failed')
      expect(errors.mock.lastCall?.[0].message).toContain(text)
      process.kill(server.pid, 'SIGCONT')
      await vi.waitFor(async () => expect(await exporter.send()).toBe('ok'), 30_000)
      await vi.waitFor(async () => expect(await server.ask('sum')).toBe(2 * kinds), 30_000)
    },
  )
})

test.for<[string, StatsdOptions | object, string]>([
  ['an address that is none', { address: 'tcp://127.0.0.1:8125' }, 'address must be udp://host:port or unix:///path'],
  ['a port that is none', { address: 'udp://localhost:99999' }, 'address must be udp://host:port'],
  ['a format that is none', { format: 'datadog' }, 'format is plain, graphite, influxdb, dogstatsd, not "datadog"'],
  ['a prefix that is none', { prefix: 'a b:' }, 'prefix must be letters, digits'],
  ['a client that is none', { client: {} }, 'client must be a client of hot-shots'],
  [
    'an address and a client',
    { client: { sendMessage() {} }, address: 'localhost' },
    'an address or a client, not both',
  ],
  ['a size that is none', { maxDatagramBytes: 10 }, 'maxDatagramBytes must be a whole number from 64 to 65507'],
  ['a choice that is none', { from: 'all' }, 'from is one or each, not "all"'],
  ['a tag that is none', { workerTag: 1 }, 'workerTag must be true or false'],
  ['an unknown option', { adress: 'localhost' }, 'did you mean "address"?'],
])('refuses %s', ([, options, text]) => {
  expect(() => startStatsd(options as StatsdOptions)).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining(text) }),
  )
})
