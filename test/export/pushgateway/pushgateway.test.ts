import { readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { createServer as createSecureServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { describe, expect } from 'vitest'
import { Counter, Gauge, MetricsError, Registry, register } from '../../../src/index.js'
import { Pushgateway } from '../../../src/pushgateway.js'
import { hasOpenssl, makeCertificate } from '../../helpers/certificates.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'
import { hasPushgateway, PushgatewayServer } from '../../helpers/pushgateway-server.js'

const nightly = fileURLToPath(new URL('programs/nightly.mjs', import.meta.url))

describe.runIf(hasPushgateway)('a real Pushgateway', () => {
  test('gets a group: push replaces it, pushAdd adds to it, delete deletes it', async ({ stage }) => {
    const { url, server } = await start(stage)
    const [first, second] = [new Registry(), new Registry()]
    gauge('stock', first, 3)
    gauge('orders', second, 4)
    const key = { jobName: 'shop', groupings: { instance: 'a' } }
    const other = { jobName: 'shop', groupings: { instance: 'b' } }
    const { resp, body } = await new Pushgateway(url, {}, first).push(key)
    expect([resp.statusCode, body]).toEqual([200, ''])
    await new Pushgateway(url, {}, first).push(other)
    expect(await server.samples()).toEqual({
      stock: { 'instance="a",job="shop"': 3, 'instance="b",job="shop"': 3 },
    })

    await new Pushgateway(url, {}, second).pushAdd(key)
    expect(await server.samples()).toMatchObject({
      stock: { 'instance="a",job="shop"': 3, 'instance="b",job="shop"': 3 },
      orders: { 'instance="a",job="shop"': 4 },
    })

    await new Pushgateway(url, {}, second).push(key)
    expect(await server.samples()).toEqual({
      stock: { 'instance="b",job="shop"': 3 },
      orders: { 'instance="a",job="shop"': 4 },
    })

    // The answer is "accepted": the push is processed later.
    expect((await new Pushgateway(url).delete(other)).resp.statusCode).toBe(202)
    const left = await until(
      () => server.samples(),
      ({ stock }) => stock === undefined,
    )
    expect(left).toEqual({ orders: { 'instance="a",job="shop"': 4 } })
    expect(await server.groups()).toEqual([{ job: 'shop', instance: 'a' }])
  })

  test.for([
    'a plain one',
    'path/to/it/',
    '/',
    '',
    '.',
    '..',
    'Köln ☕ "quoted"\\',
    'a+b&c=d?e#f%2Fg;h@i:j',
    'base64',
    '=',
  ])('knows a group by the value %j', async (value, { stage }) => {
    const { url, server } = await start(stage)
    const registry = new Registry()
    gauge('stock', registry, 1)
    const gateway = new Pushgateway(url, {}, registry)
    const key = { jobName: value === '' ? 'j' : value, groupings: { shop: value, n: 7, on: true } }
    await gateway.push(key)
    // An empty value is no label, neither here nor for Prometheus.
    const labels = { job: key.jobName, n: '7', on: 'true', ...(value !== '' && { shop: value }) }
    const [group] = await server.groups()
    expect({ ...group, ...(value === '' && group?.shop === '' && { shop: undefined }) }).toEqual(labels)
    expect(Object.keys((await server.samples()).stock ?? {})).toHaveLength(1)
    await gateway.delete(key)
    await until(
      () => server.groups(),
      (groups) => groups.length === 0,
    )
  })

  test('accepts compressed bodies, and text 0.0.4 from a registry that prefers OpenMetrics', async ({ stage }) => {
    const { url, server } = await start(stage)
    const registry = new Registry()
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
    const sent = new Counter({ name: 'sent_total', help: 'Sent.', labelNames: ['to'], registers: [registry] })
    for (let i = 0; i < 500; i++) sent.inc({ to: `number ${i}` })
    await new Pushgateway(url, { gzip: true }, registry).push({ jobName: 'zipped' })
    await new Pushgateway(url, { headers: { 'Content-Encoding': 'gzip' } }, registry).push({ jobName: 'too' })
    const { sent_total = {} } = await server.samples()
    expect(Object.keys(sent_total)).toHaveLength(1_000)
    expect(sent_total['instance="",job="too",to="number 499"']).toBe(1)
  })

  test('gives a reason when it refuses a push, and the error contains it', async ({ stage }) => {
    const { url } = await start(stage)
    const twice = 'stock{job="own"} 1\nstock{job="other"} 1\n'
    const exposition = {
      expose: async () => ({ contentType: 'text/plain; version=0.0.4', chunks: [Buffer.from(twice)] }),
    }
    await expect(new Pushgateway(url, {}, exposition).push({ jobName: 'shop' })).rejects.toMatchObject({
      code: 'PUSH_FAILED',
      message: expect.stringMatching(
        /^push failed with status 400, .*collected before.* \(PUT http:\/\/127\.0\.0\.1:\d+\/metrics\/job\/shop\)$/s,
      ),
    })
  })

  test.for([
    ['as node:cluster has them', false],
    ['in a named directory', true],
  ] as const)('gets the numbers of all processes, %s, from the last one', async ([, named], { stage }) => {
    const { url, server } = await start(stage)
    const place = named ? { PROMHIVE_DIR: stage.directory() } : {}
    const program = stage.launch(nightly, { env: { PUSHGATEWAY_URL: url, ...place } })
    // It ends by itself, when the push is done.
    expect([await program.ended, program.errors]).toEqual([{ code: 0, signal: null }, ''])
    expect((await server.samples()).invoices_total).toEqual({ 'instance="",job="nightly"': 30 })
  })

  async function start(stage: Stage): Promise<{ url: string; server: PushgatewayServer }> {
    const server = await PushgatewayServer.start(stage)
    return { url: server.url, server }
  }
})

describe('a push', () => {
  test('is one request, with the path of the base URL', async ({ stage }) => {
    const { url, arrived } = await listen(stage)
    for (const base of [url, `${url}/`, `${url}/behind/a%20proxy`, `${url}/behind/a%20proxy/`]) {
      await new Pushgateway(base, {}, shows('x 1\n')).pushAdd({ jobName: 'a job', groupings: { shop: 'a/b' } })
    }
    const path = '/metrics/job/a%20job/shop@base64/YS9i'
    expect(arrived.map(({ url }) => url)).toEqual([path, path, `/behind/a%20proxy${path}`, `/behind/a%20proxy${path}`])
    expect(arrived[0]).toMatchObject({ method: 'POST', body: 'x 1\n' })
    expect(arrived[0]!.headers).toMatchObject({ 'content-type': 'text/plain; version=0.0.4', 'content-length': '4' })
    await new Pushgateway(`${url}?of=proxy`).delete({ jobName: 'j', groupings: {} })
    expect(arrived[4]).toMatchObject({ method: 'DELETE', url: '/metrics/job/j?of=proxy', body: '' })
    expect(arrived[4]!.headers).not.toHaveProperty('content-type')
  })

  test('without a registry is of the default one, and pushes are counted there', async ({ stage }) => {
    const { url, arrived } = await listen(stage)
    const { url: refusing } = await listen(stage, (_, response) => response.writeHead(503).end())
    register.resetMetrics()
    gauge('of_default', register, 8)
    await new Pushgateway(url).push({ jobName: 'j' })
    expect(arrived[0]!.body).toContain('\nof_default 8\n')
    await new Pushgateway(refusing).pushAdd({ jobName: 'j' }).catch(() => {})
    await new Pushgateway(url).pushAdd({} as never).catch(() => {})
    await new Pushgateway(url).delete({ jobName: 'j' })
    const text = await register.metrics()
    expect(text).toContain('promhive_pushes_total{result="ok"} 1\n')
    expect(text).toContain('promhive_pushes_total{result="failed"} 2\n')
  })

  test('authenticates: by the URL, by auth, by a header', async ({ stage }) => {
    const { url, arrived } = await listen(stage)
    const withUser = url.replace('//', '//us%40er:p%2Fss@')
    await new Pushgateway(withUser, {}, shows('')).push({ jobName: 'j' })
    await new Pushgateway(withUser, { auth: 'other:word' }, shows('')).push({ jobName: 'j' })
    await new Pushgateway(url, { headers: { authorization: 'Bearer t' } }, shows('')).push({ jobName: 'j' })
    await new Pushgateway(url, { headers: ['Authorization', 'Bearer l', 'X-A', 'b'] }, shows('')).push({ jobName: 'j' })
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
    const shown = arrived.map(({ headers }) => headers.authorization)
    expect(shown).toEqual([basic('us@er:p/ss'), basic('other:word'), 'Bearer t', 'Bearer l'])
    expect(arrived[3]!.headers['x-a']).toBe('b')
  })

  test.runIf(hasOpenssl)('uses https, with the CA of the options', async ({ stage }) => {
    const { certfile, keyfile } = makeCertificate(stage.folder(), 'gateway')
    const cert = readFileSync(certfile)
    const { url, arrived } = await listen(stage, undefined, { cert, key: readFileSync(keyfile) })
    const { resp } = await new Pushgateway(url, { ca: cert }, shows('x 1\n')).push({ jobName: 'j' })
    expect([resp.statusCode, arrived[0]!.body]).toEqual([202, 'x 1\n'])
    const error = await fault(new Pushgateway(url, {}, shows('x 1\n')).push({ jobName: 'j' }))
    expect(error.message).toMatch(/self-signed certificate.*PUT https:/)
  })

  test('is compressed on request, with the matching header', async ({ stage }) => {
    const { url, arrived } = await listen(stage)
    const registry = shows('x 1\n'.repeat(1_000))
    await new Pushgateway(url, { gzip: true }, registry).push({ jobName: 'j' })
    await new Pushgateway(url, { headers: { 'content-encoding': 'gzip' } }, registry).push({ jobName: 'j' })
    await new Pushgateway(url, { gzip: true }, registry).delete({ jobName: 'j' })
    for (const { headers, bytes } of arrived.slice(0, 2)) {
      expect(headers).toMatchObject({ 'content-encoding': 'gzip', 'content-length': String(bytes.length) })
      expect(bytes.length).toBeLessThan(200)
      expect(gunzipSync(bytes).toString()).toBe('x 1\n'.repeat(1_000))
    }
    expect(arrived[2]!.headers).not.toHaveProperty('content-encoding')
  })

  test('fails when the gateway answers with an error, with its words and without the password', async ({ stage }) => {
    for (const status of [301, 400, 401, 500]) {
      const { url } = await listen(stage, (_, response) => response.writeHead(status).end(`why ${status}\n`))
      const base = `${url.replace('//', '//user:sesame@')}/p?token=sesame`
      const error = await fault(new Pushgateway(base, {}, shows('x 1\n')).push({ jobName: 'j' }))
      const advice = status === 301 ? '; redirects are not followed' : ''
      expect(error).toMatchObject({
        code: 'PUSH_FAILED',
        message: `push failed with status ${status}, why ${status}${advice} (PUT ${url}/p/metrics/job/j)`,
      })
    }
  })

  test('fails when no server listens, without the password', async () => {
    const port = 1
    for (const host of ['127.0.0.1', 'localhost']) {
      const gateway = new Pushgateway(`http://user:sesame@${host}:${port}`, {}, shows('x 1\n'))
      for (const call of ['push', 'pushAdd', 'delete'] as const) {
        const error = await fault(gateway[call]({ jobName: 'j' }))
        expect(error.code).toBe('PUSH_FAILED')
        expect(error.message).toMatch(/ECONNREFUSED/)
        expect(error.message).toContain(`http://${host}:${port}/metrics/job/j`)
      }
    }
  })

  test.for([
    ['says nothing', () => {}],
    ['stops in the middle', (_, response) => response.writeHead(200, { 'Content-Length': '9' }).write('half')],
  ] satisfies [string, RequestListener][])('fails when the gateway %s', async ([, listener], { stage }) => {
    const { url } = await listen(stage, listener as RequestListener)
    const error = await fault(new Pushgateway(url, { timeout: 300 }, shows('x 1\n')).push({ jobName: 'j' }))
    expect(error).toMatchObject({
      code: 'PUSH_FAILED',
      message: `Pushgateway request timed out after 300 ms (PUT ${url}/metrics/job/j)`,
    })
  })

  test('fails when the gateway hangs up', async ({ stage }) => {
    for (const begun of [false, true]) {
      const { url } = await listen(stage, (_, response) => {
        if (begun) response.writeHead(200, { 'Content-Length': '9' }).write('half')
        setImmediate(() => response.destroy())
      })
      const error = await fault(new Pushgateway(url, { timeout: 0 }, shows('x 1\n')).push({ jobName: 'j' }))
      expect(error.code).toBe('PUSH_FAILED')
      expect(error.message).toMatch(/^the Pushgateway did not answer \(.+\) \(PUT http/)
    }
  })

  test.for([
    [{}, 'OPTION_INVALID', /^Missing jobName parameter/],
    [{ jobName: '' }, 'OPTION_INVALID', /^Missing jobName parameter/],
    [undefined, 'OPTION_INVALID', /takes \{ jobName, groupings \}, got undefined/],
    [{ jobName: {} }, 'LABEL_MISSING', /jobName must be a text, got an object/],
    [{ jobName: 'j', groupings: { 'a-b': '1' } }, 'LABEL_NAME_INVALID', /"a-b" is not a label name/],
    [{ jobName: 'j', groupings: { __a: '1' } }, 'LABEL_RESERVED', /"__a" is reserved/],
    [{ jobName: 'j', groupings: { job: '1' } }, 'LABEL_RESERVED', /"job"/],
    [{ jobName: 'j', groupings: { a: undefined } }, 'LABEL_MISSING', /groupings: "a" must be a text, got undefined/],
    [{ jobName: 'j', groupings: ['a'] }, 'OPTION_INVALID', /groupings must be an object/],
  ])('of %j is refused before anything is sent', async ([key, code, message], { stage }) => {
    const { url, arrived } = await listen(stage)
    const gateway = new Pushgateway(url, {}, shows('x 1\n'))
    for (const call of ['push', 'pushAdd', 'delete'] as const) {
      const error = await fault(gateway[call](key as never))
      expect(error.code).toBe(code)
      expect(error.message).toMatch(message as RegExp)
    }
    expect(arrived).toEqual([])
  })

  test('has no job if that is not required', async ({ stage }) => {
    const { url, arrived } = await listen(stage)
    const gateway = new Pushgateway(url, { requireJobName: false }, shows('x 1\n'))
    await gateway.push({})
    await gateway.push({ groupings: { shop: '1', job: 'j' } })
    await gateway.push({ jobName: 'k', groupings: { shop: '1' } })
    expect(arrived.map(({ url }) => url)).toEqual(['/metrics', '/metrics/job/j/shop/1', '/metrics/job/k/shop/1'])
  })

  test.for([undefined, '', 'nonsense', 'localhost:9091', 'ftp://h/', 'http://user:sesame@:99999/'])(
    'to %j is refused by its promise',
    async (url) => {
      const error = await fault(new Pushgateway(url as string, {}, shows('x 1\n')).push({ jobName: 'j' }))
      expect(error).toMatchObject({ code: 'OPTION_INVALID', message: expect.stringContaining('http://host:9091') })
    },
  )

  test('fails with its promise when the registry does, or is none', async ({ stage }) => {
    const { url } = await listen(stage)
    const failing = { expose: () => Promise.reject(new MetricsError('READ_FAILED', 'away')) }
    expect((await fault(new Pushgateway(url, {}, failing).push({ jobName: 'j' }))).code).toBe('READ_FAILED')
    const none = new Pushgateway(url, {}, { metrics: () => '' } as never).push({ jobName: 'j' })
    expect((await fault(none)).message).toMatch(/registry of a Pushgateway must be one of promhive's/)
  })
})

test('docs/pushgateway.md shows the program that runs here', () => {
  const docs = readFileSync(new URL('../../../docs/pushgateway.md', import.meta.url), 'utf8')
  expect(docs).toContain(readFileSync(nightly, 'utf8').trimEnd())
})

function gauge(name: string, registry: Registry, value: number): void {
  new Gauge({ name, help: `${name}.`, registers: [registry] }).set(value)
}

/** What a registry would show. */
function shows(text: string) {
  return { expose: async () => ({ contentType: 'text/plain; version=0.0.4', chunks: [Buffer.from(text)] }) }
}

/** The error of a promise; neither its text nor its properties show the password of these tests. */
async function fault(promise: Promise<unknown>): Promise<MetricsError> {
  const error = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(MetricsError)
  const { message, stack, cause } = error as MetricsError
  expect(`${message}${stack}${String(cause)}${JSON.stringify(cause)}`).not.toContain('sesame')
  return error as MetricsError
}

interface Arrived {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly bytes: Buffer
}

/** A gateway that accepts everything, or behaves as the test specifies. */
async function listen(
  stage: Stage,
  listener: RequestListener = (_, response) => response.writeHead(202).end(),
  tls?: ServerOptions,
) {
  const arrived: Arrived[] = []
  const take: RequestListener = async (request, response) => {
    const { method, url, headers } = request
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const bytes = Buffer.concat(chunks)
    arrived.push({ method, url, headers, bytes, body: bytes.toString() })
    listener(request, response)
  }
  const server = tls === undefined ? createServer(take) : createSecureServer(tls, take)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stage.after(() => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  const { port } = server.address() as AddressInfo
  return { arrived, url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}` }
}
