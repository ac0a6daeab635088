import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect } from 'vitest'
import { checkAllowedHosts } from '../../../src/export/http/allowed-hosts.js'
import { StatisticsServer } from '../../../src/export/statistics/statistics-server.js'
import { Counter, type MetricsServerOptions, Registry, startMetricsServer } from '../../../src/index.js'
import { promhiveServe } from '../../helpers/processes/command.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { SupervisedApplication } from '../../helpers/processes/supervised.js'

const own = [
  'localhost',
  'LocalHost:9464',
  'shop.localhost',
  'localhost.',
  '127.0.0.1',
  '127.8.9.10:80',
  '[::1]:9464',
  '',
]
const others = [
  'metrics.example.com',
  '127.0.0.1.example.com',
  'localhost.example.com',
  'evil-localhost',
  '10.0.0.1:9464',
  '[::2]',
  '127.0.0.1@example.com',
  '0.0.0.0',
]

describe('a port on a loopback address', () => {
  test('answers its own names, and a request of HTTP/1.0 without one', async ({ stage }) => {
    const port = await serve(stage)
    for (const host of own) expect(await statusFor(port, host), host).toBe(200)
    expect(await statusFor(port, undefined)).toBe(200)
  })

  test.for(others)('does not answer a request for %s, and explains what to configure', async (host, { stage }) => {
    const answer = await ask(await serve(stage), host)
    expect(answer).toMatch(/^HTTP\/1.1 403 /)
    expect(answer).toContain('allowedHosts, --allowed-hosts or PROMHIVE_METRICS_ALLOWED_HOSTS')
    expect(answer).not.toContain('served_total')
  })

  test('answers the names that are allowed, and the name of its own host option', async ({ stage }) => {
    const port = await serve(stage, { allowedHosts: ['Metrics.example.com'] })
    expect(await statusFor(port, 'metrics.EXAMPLE.com:9464')).toBe(200)
    expect(await statusFor(port, 'other.example.com')).toBe(403)
    const any = await serve(stage, { allowedHosts: ['*'] })
    for (const host of [...own, ...others]) expect(await statusFor(any, host), host).toBe(200)
  })
})

test('a port on every address answers any name, unless some are configured', async ({ stage }) => {
  const open = await serve(stage, { host: '0.0.0.0' })
  for (const host of [...own, ...others]) expect(await statusFor(open, host), host).toBe(200)
  const named = await serve(stage, { host: '0.0.0.0', allowedHosts: ['metrics.example.com'] })
  expect(await statusFor(named, 'metrics.example.com')).toBe(200)
  expect(await statusFor(named, '127.0.0.1')).toBe(200)
  expect(await statusFor(named, 'evil.example.com')).toBe(403)
})

test('statistics over HTTP are answered likewise', async ({ stage }) => {
  const address = { kind: 'http', host: '127.0.0.1', port: 0, url: '' } as const
  const statistics = async (): Promise<object> => ({ workers: [] })
  const server = new StatisticsServer({ address, statistics, onError() {}, allowedHosts: ['stats.example.com'] })
  await server.start()
  stage.after(() => server.stop())
  const port = Number(/:(\d+)$/.exec(server.address!)![1])
  expect(await statusFor(port, 'localhost', '/')).toBe(200)
  expect(await statusFor(port, 'stats.example.com', '/')).toBe(200)
  expect(await statusFor(port, 'evil.example.com', '/')).toBe(403)
})

test.for([['a b'], ['http://x/'], [''], 'x', [1]])('%j are no names of hosts', (hosts) => {
  expect(() => checkAllowedHosts(hosts, (option) => option)).toThrow('allowedHosts must be an array of host names')
})

describe.runIf(process.platform === 'linux')('the command line', () => {
  test('names the hosts that promhive serve and promhive run answer', { timeout: 120_000 }, async ({ stage }) => {
    const env = { PROMHIVE_METRICS_ALLOWED_HOSTS: 'env.example.com' }
    const dir = stage.directory()
    const plain = await promhiveServe(stage, ['--dir', dir], env)
    const named = await promhiveServe(stage, ['--dir', dir, '--allowed-hosts', 'a.example.com, b.example.com'], env)
    const app = await SupervisedApplication.launch(stage, { args: ['--workers', '1'], env })
    const run = /metrics at (http:\S+)\n/.exec(await app.says(/metrics at http:\S+\n/))![1]!
    const table: [string, string, number][] = [
      [plain.url, 'env.example.com', 200],
      [plain.url, 'a.example.com', 403],
      [named.url, 'a.example.com', 200],
      [named.url, 'b.example.com', 200],
      [named.url, 'env.example.com', 403],
      [run, 'env.example.com', 200],
      [run, 'a.example.com', 403],
    ]
    for (const [url, host, status] of table) {
      const { port } = new URL(url)
      expect(await statusFor(Number(port), host), `${url} ${host}`).toBe(status)
    }
  })
})

async function serve(stage: Stage, options: Partial<MetricsServerOptions> = {}): Promise<number> {
  const registry = new Registry()
  new Counter({ name: 'served_total', help: 'Served.', registers: [registry] }).inc(3)
  const metrics = await startMetricsServer({ port: 0, registry, ...options })
  stage.after(() => metrics.close())
  return metrics.port
}

async function statusFor(port: number, host: string | undefined, path = '/metrics'): Promise<number> {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(await ask(port, host, path))?.[1])
}

/** As any client might write it: `fetch` sets this header itself. */
async function ask(port: number, host: string | undefined, path = '/metrics'): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('latin1').on('data', (more: string) => (text += more))
  socket.on('error', () => {})
  const head =
    host === undefined ? `GET ${path} HTTP/1.0` : `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close`
  socket.write(`${head}\r\n\r\n`)
  await once(socket, 'close')
  return text
}
