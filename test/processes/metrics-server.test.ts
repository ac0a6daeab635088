import { connect, createServer, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { describe, expect } from 'vitest'
import { Counter, type MetricsServerOptions, Registry, startMetricsServer } from '../../src/index.js'
import { ask } from '../helpers/processes/http.js'
import { freePort } from '../helpers/processes/port.js'
import { type Stage, test } from '../helpers/processes/stage.js'

const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
)

describe('startMetricsServer', () => {
  test('opens a free port for 0, and reports where it listens', async ({ stage }) => {
    const metrics = await start(stage)
    expect(metrics.port).toBeGreaterThan(0)
    expect(metrics.host).toBe('127.0.0.1')
    expect(metrics.url).toBe(`http://127.0.0.1:${metrics.port}/metrics`)
    const { status, headers, body } = await ask(metrics.url)
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(Number(headers['content-length'])).toBe(Buffer.byteLength(body))
    expect(body).toContain('served_total 3\n')
  })

  test('answers on its path only, with any query', async ({ stage }) => {
    const metrics = await start(stage, { path: '/internal/metrics' })
    expect((await ask(metrics.url)).status).toBe(200)
    expect((await ask(`${metrics.url}?name[]=served_total`)).status).toBe(200)
    const elsewhere = await ask(`http://127.0.0.1:${metrics.port}/metrics`)
    expect(elsewhere.status).toBe(404)
    expect(elsewhere.body).toContain('/internal/metrics')
    expect((await ask(`${metrics.url}/deeper`)).status).toBe(404)
  })

  test('answers HEAD without a body, and no other method', async ({ stage }) => {
    const metrics = await start(stage)
    const head = await ask(metrics.url, 'HEAD')
    expect(head.status).toBe(200)
    expect(head.body).toBe('')
    expect(Number(head.headers['content-length'])).toBeGreaterThan(0)
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const refused = await ask(metrics.url, method)
      expect(refused.status, method).toBe(405)
      expect(refused.headers.allow, method).toBe('GET, HEAD')
    }
  })

  test('gives up on a port in use, after the configured number of attempts', async ({ stage }) => {
    const { port } = await occupy(stage)
    const options = { port, attempts: 3, retryEvery: 10 }
    await expect(startMetricsServer(options)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
    await expect(startMetricsServer(options)).rejects.toThrow(`127.0.0.1:${port} is taken, after 3 tries`)
  })

  test('gets a port that becomes free while it tries', async ({ stage }) => {
    const { port, free } = await occupy(stage)
    const started = start(stage, { port, attempts: 1000, retryEvery: 10 })
    await new Promise((resolve) => setTimeout(resolve, 50))
    await free()
    expect((await started).port).toBe(port)
  })

  test.skipIf(!hasIPv6)('listens on an IPv6 address, and writes it in brackets', async ({ stage }) => {
    const metrics = await start(stage, { host: '::1' })
    expect(metrics.url).toBe(`http://[::1]:${metrics.port}/metrics`)
    expect((await ask(metrics.url)).status).toBe(200)
  })

  test('closes once, however often close() is called, and is closed then', async ({ stage }) => {
    const metrics = await start(stage, { port: await freePort() })
    await Promise.all([metrics.close(), metrics.close()])
    await metrics.close()
    await expect(ask(metrics.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    // The port is free again.
    expect((await start(stage, { port: metrics.port })).port).toBe(metrics.port)
  })

  test('closes although a connection is held open', async ({ stage }) => {
    const metrics = await start(stage)
    const idle = connect(metrics.port, '127.0.0.1')
    const closed = new Promise((resolve) => idle.once('close', resolve))
    idle.on('error', () => {})
    await new Promise((resolve) => idle.once('connect', resolve))
    await metrics.close()
    await closed
  })

  test('does not keep the process running', { timeout: 120_000 }, async ({ stage }) => {
    const server = stage.launch('serves-and-leaves.mjs')
    expect(await server.ended).toEqual({ code: 0, signal: null })
    expect(server.output).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics\n$/)
  })

  test.for<Partial<MetricsServerOptions>>([{ port: -1 }, { port: 65_536 }, { port: 1.5 }, { path: 'metrics' }])(
    'refuses %o',
    async (options) => {
      await expect(startMetricsServer(options)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    },
  )
})

async function start(stage: Stage, options: Partial<MetricsServerOptions> = {}) {
  const registry = new Registry()
  new Counter({ name: 'served_total', help: 'Served.', registers: [registry] }).inc(3)
  const metrics = await startMetricsServer({ port: 0, registry, ...options })
  stage.after(() => metrics.close())
  return metrics
}

/** Takes a port, to be in the way. */
async function occupy(stage: Stage): Promise<{ port: number; free(): Promise<void> }> {
  const server: Server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const free = () => new Promise<void>((resolve) => void server.close(() => resolve()))
  stage.after(free)
  return { port: (server.address() as { port: number }).port, free }
}
