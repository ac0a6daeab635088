import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { describe, expect } from 'vitest'
import { response, textResponse } from '../../../src/export/http/response.js'
import { type Route, RouteTable } from '../../../src/export/http/route-table.js'
import { ScrapeServer } from '../../../src/export/http/scrape-server.js'
import { Counter, type MetricsError, type MetricsServerOptions, Registry } from '../../../src/index.js'
import { askSecurely, hasOpenssl, makeCertificate } from '../../helpers/certificates.js'
import { ask } from '../../helpers/processes/http.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'

const healthy: Route = { path: '/-/healthy', handle: async () => textResponse(200, 'healthy\n') }

describe('a port with a second route', () => {
  test('answers each path with its route, with any query, and another path with 404', async ({ stage }) => {
    const { base } = await serve(stage, [healthy])
    expect((await ask(`${base}/metrics`)).body).toContain('served_total 3\n')
    for (const path of ['/-/healthy', '/-/healthy?verbose=1', '/-/healthy?']) {
      expect(await ask(base + path)).toMatchObject({ status: 200, body: 'healthy\n' })
    }
    for (const path of ['/', '/-/health', '/-/healthy/', '/metrics/-/healthy', '/METRICS']) {
      const { status, body } = await ask(base + path)
      expect([status, body], path).toEqual([404, 'nothing here; this server has /metrics, /-/healthy\n'])
    }
  })

  test('answers HEAD as GET without the body, and another method with 405 and the methods of the route', async ({
    stage,
  }) => {
    const reload: Route = { path: '/-/reload', methods: ['POST', 'PUT'], handle: async () => textResponse(202, 'ok\n') }
    const { base } = await serve(stage, [healthy, reload])
    const head = await ask(`${base}/-/healthy`, 'HEAD')
    expect([head.status, head.headers['content-length'], head.body]).toEqual([200, '8', ''])
    expect((await ask(`${base}/-/reload`, 'PUT')).status).toBe(202)
    for (const [path, method, allow] of [
      ['/-/healthy', 'POST', 'GET, HEAD'],
      ['/metrics', 'DELETE', 'GET, HEAD'],
      ['/-/reload', 'GET', 'POST, PUT'],
      ['/-/reload', 'HEAD', 'POST, PUT'],
    ] as const) {
      const { status, headers } = await ask(base + path, method)
      expect([status, headers.allow], `${method} ${path}`).toEqual([405, allow])
    }
    expect((await ask(`${base}/elsewhere`, 'POST')).status).toBe(404)
  })

  test('checks the Host header and counts the connections for every route', async ({ stage }) => {
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let waiting = 0
    const slow: Route = {
      path: '/slow',
      async handle() {
        waiting++
        await held
        return textResponse(200, 'done\n')
      },
    }
    const { base, port, refusals } = await serve(stage, [healthy, slow], { maxConnections: 1 })
    expect(await statusFor(port, '/-/healthy', 'evil.example.com')).toBe(403)
    expect(await statusFor(port, '/-/healthy', 'localhost')).toBe(200)
    const first = ask(`${base}/slow`)
    await until(
      () => waiting,
      (count) => count === 1,
    )
    await expect(ask(`${base}/-/healthy`)).rejects.toThrow()
    release()
    expect((await first).body).toBe('done\n')
    expect(new Set(refusals)).toEqual(new Set(['host', 'connections']))
  })

  test('aborts the signal of a route whose client has gone', async ({ stage }) => {
    const seen: string[] = []
    const endless: Route = {
      path: '/endless',
      handle: ({ signal }) =>
        new Promise((_, reject) => {
          seen.push('begun')
          signal.addEventListener('abort', () => {
            seen.push('aborted')
            reject(signal.reason)
          })
        }),
    }
    const { port, errors } = await serve(stage, [endless])
    const socket = connect(port, '127.0.0.1')
    socket.write('GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await until(
      () => seen.length,
      (count) => count === 1,
    )
    socket.destroy()
    await until(
      () => seen.length,
      (count) => count === 2,
    )
    expect(errors).toEqual([])
  })

  test('answers 500 for a route that throws, and reports why to the application alone', async ({ stage }) => {
    const broken: Route = { path: '/broken', handle: async () => Promise.reject(new Error('a secret')) }
    const { base, errors } = await serve(stage, [broken])
    const { status, body } = await ask(`${base}/broken`)
    expect([status, body]).toEqual([500, 'the request could not be answered\n'])
    expect(errors.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'SERVER_FAILED GET /broken could not be answered: a secret',
    ])
  })

  test.runIf(hasOpenssl)('answers both over https', async ({ stage }) => {
    const tls = makeCertificate(stage.folder(), 'server')
    const { base, port } = await serve(stage, [healthy], { tls })
    const ca = readFileSync(tls.certfile)
    expect(base).toBe(`https://127.0.0.1:${port}`)
    expect((await askSecurely(`${base}/metrics`, { ca })).body).toContain('served_total 3\n')
    expect((await askSecurely(`${base}/-/healthy`, { ca })).body).toBe('healthy\n')
    await expect(ask(`http://127.0.0.1:${port}/-/healthy`)).rejects.toThrow()
  })
})

describe('a route table', () => {
  const request = { headers: {}, signal: new AbortController().signal, ready: () => undefined }

  test('passes the decoded query to the route', async () => {
    const echo: Route = { path: '/echo', handle: async (_, query) => textResponse(200, query.getAll('name[]').join()) }
    const { body } = await new RouteTable([echo]).answer({
      ...request,
      method: 'GET',
      url: '/echo?name[]=a%20b&name[]=?',
    })
    expect(String(body[0])).toBe('a b,?')
  })

  test('uses the route * for every path that has none of its own', async () => {
    const any: Route = { path: '*', handle: async () => response(204, 'text/plain', []) }
    const table = new RouteTable([any, healthy])
    const statusOf = async (method: string, url: string) => (await table.answer({ ...request, method, url })).status
    expect(await statusOf('GET', '/-/healthy')).toBe(200)
    expect(await statusOf('GET', '/')).toBe(204)
    expect(await statusOf('GET', '/any?thing')).toBe(204)
    expect(await statusOf('OPTIONS', '*')).toBe(405)
  })

  test('takes no two routes with one path', () => {
    expect(() => new RouteTable([healthy, { ...healthy, methods: ['POST'] }])).toThrow('/-/healthy, /-/healthy')
  })
})

async function serve(stage: Stage, routes: readonly Route[], options: Partial<MetricsServerOptions> = {}) {
  const registry = new Registry()
  new Counter({ name: 'served_total', help: 'Served.', registers: [registry] }).inc(3)
  const errors: MetricsError[] = []
  const refusals: string[] = []
  const events = {
    onError: (error: MetricsError) => void errors.push(error),
    refused: (reason: string) => void refusals.push(reason),
  }
  const server = new ScrapeServer({ port: 0, registry, ...options }, { events, routes })
  stage.after(() => server.stop())
  await server.start()
  const metrics = server.serving!
  return { base: metrics.url.replace(/\/metrics$/, ''), port: metrics.port, errors, refusals }
}

/** The status of a GET with any `Host` header. */
async function statusFor(port: number, path: string, host: string): Promise<number> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('latin1').on('data', (more: string) => (text += more))
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  await once(socket, 'close')
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1])
}
