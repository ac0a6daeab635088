import { request } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { type MetricsServer, openMetricsServer } from '../../../src/export/http/scrape-server.js'
import type { Readiness } from '../../../src/gather/readiness.js'
import { Registry, startMetricsServer } from '../../../src/index.js'
import { root } from '../../helpers/processes/dist.js'
import { freePort } from '../../helpers/processes/port.js'
import { test as stageTest } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'

const open: MetricsServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

let readiness: Readiness = { ready: true, text: 'ready' }

async function start(options: { host?: string; allowedHosts?: string[] } = {}): Promise<number> {
  const server = await openMetricsServer(
    { registry: new Registry(), port: 0, ...options },
    { readiness: () => readiness, events: { refused: (reason) => refused.push(reason) } },
  )
  open.push(server)
  return server.port
}
const refused: string[] = []

/** A kubelet sends the address of the pod in its Host header. */
function probe(port: number, path: string, host = '10.244.1.17:9464'): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, headers: { host }, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve([response.statusCode!, body]))
    })
    asked.on('error', reject).end()
  })
}

describe('a metrics port', () => {
  test.each([
    ['on every address', { host: '0.0.0.0' }],
    ['on every address with allowed hosts', { host: '0.0.0.0', allowedHosts: ['metrics.example.com'] }],
    ['on a loopback address', {}],
  ])('%s answers the probes of a kubelet', async (_, options) => {
    const port = await start(options)
    readiness = { ready: true, text: 'ready' }
    expect(await probe(port, '/healthz')).toEqual([200, 'ok\n'])
    expect(await probe(port, '/readyz')).toEqual([200, 'ready\n'])
    expect(await probe(port, '/readyz?verbose')).toEqual([200, 'ready\n'])
    readiness = { ready: false, text: 'not ready: the metrics cannot be read (eacces); the log has the details' }
    refused.length = 0
    expect(await probe(port, '/healthz')).toEqual([200, 'ok\n'])
    expect(await probe(port, '/readyz')).toEqual([503, `${readiness.text}\n`])
    // Not being ready is not a refused scrape.
    expect(refused).toEqual([])
  })

  test('checks the Host header of scrapes as before', async () => {
    const named = await start({ host: '0.0.0.0', allowedHosts: ['metrics.example.com'] })
    expect((await probe(named, '/metrics'))[0]).toBe(403)
    expect((await probe(await start(), '/metrics'))[0]).toBe(403)
    expect((await probe(await start({ host: '0.0.0.0' }), '/metrics'))[0]).toBe(200)
  })

  test('has no second meaning for these paths', async () => {
    const options = { registry: new Registry(), port: 0, path: '/readyz' }
    await expect(openMetricsServer(options, { readiness: () => readiness })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: 'startMetricsServer: path cannot be /readyz: the port answers otherwise there',
    })
  })
})

describe('the metrics port of an application', () => {
  test('is ready when the metrics can be read', async () => {
    const server = await startMetricsServer({ port: 0 })
    open.push(server)
    expect(await probe(server.port, '/readyz')).toEqual([200, 'ready\n'])
    expect(await probe(server.port, '/healthz')).toEqual([200, 'ok\n'])
  })

  stageTest('opened by promhive/register is ready as well, without a scrape of the application', async ({ stage }) => {
    const port = await freePort()
    const register = pathToFileURL(join(root, 'dist', 'esm', 'register.js')).href
    const env = { PROMHIVE_METRICS_PORT: String(port) }
    stage.launch('idle-worker.mjs', { env, nodeArgs: ['--import', register] })
    const answer = await until(
      () => probe(port, '/readyz').catch(() => undefined),
      (seen) => seen !== undefined,
    )
    expect(answer).toEqual([200, 'ready\n'])
  })
})
