import { readFileSync, renameSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createSecureServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { describe, expect } from 'vitest'
import { gzipped, HttpPoster, type HttpPosterOptions, type PostFailed } from '../../../src/export/send/http-poster.js'
import { TlsFiles } from '../../../src/export/send/tls-files.js'
import { monotonicNow } from '../../../src/platform/timers.js'
import { hasOpenssl, makeCertificate } from '../../helpers/certificates.js'
import { freePort } from '../../helpers/processes/port.js'
import { type Stage, test } from '../../helpers/processes/stage.js'

const body = Buffer.from('numbers')
const names = { ca: 'CA', cert: 'CERT', key: 'KEY' }

describe('a post', () => {
  test('sends the body with its length and the headers, and returns the answer', async ({ stage }) => {
    const { poster, requests } = await posterTo(stage, [200], { headers: { 'x-tenant': 'shop' } })
    const { status, body: answer } = await poster.post({ body, headers: { 'x-part': '1' }, deadline: soon() })
    expect([status, answer.toString()]).toEqual([200, 'answer 1'])
    expect(requests[0]).toMatchObject({ method: 'POST', url: '/v1', text: 'numbers' })
    expect(requests[0]!.headers).toMatchObject({ 'x-tenant': 'shop', 'x-part': '1', 'content-length': '7' })
  })

  test('uses the same connection again, also when the server has closed it meanwhile', async ({ stage }) => {
    const { poster, requests, sockets } = await posterTo(stage, [])
    await poster.post({ body, deadline: soon() })
    await poster.post({ body, deadline: soon() })
    expect(sockets()).toBe(1)
    const [idle] = requests[1]!.sockets
    idle!.resetAndDestroy()
    await poster.post({ body, deadline: soon() })
    expect([requests.length, sockets()]).toEqual([3, 2])
  })

  test('is compressed', async () => {
    expect(gunzipSync(await gzipped(body)).toString()).toBe('numbers')
  })
})

test('names the usual path if nothing takes the request at this one', async ({ stage }) => {
  const { poster } = await posterTo(stage, [404, 405])
  for (const status of [404, 405]) {
    const text = `status ${status}, answer ${status - 403}; is the path right? It is usually /v1/numbers`
    await expect(poster.post({ body, deadline: soon() })).rejects.toThrow(text)
  }
})

describe('retries', () => {
  test('end with the reason of the last try that had time for an answer', async ({ stage }) => {
    const { poster } = await posterTo(stage, ['reset', 'half'])
    const failed = poster.post({ body, deadline: monotonicNow() + 400 })
    await expect(failed).rejects.toThrow(/\(socket hang up.*\), after 2 tries$/)
    await expect(poster.post({ body, deadline: monotonicNow() })).rejects.toThrow(/^no time was left to send to http:/)
  })

  test('wait longer each time, and end with the first success', async ({ stage }) => {
    const { poster, requests } = await posterTo(stage, [503, 429, 200])
    expect(await poster.post({ body, deadline: soon() })).toMatchObject({ status: 200 })
    const [first, second, third] = requests.map(({ at }) => at)
    // Half of 30 and of 60 at least; a timer of Node.js may fire up to a millisecond early.
    expect(second! - first!).toBeGreaterThanOrEqual(14)
    expect(third! - second!).toBeGreaterThanOrEqual(29)
  })

  test('follow Retry-After, for later posts as well', async ({ stage }) => {
    const { poster, requests } = await posterTo(stage, [{ status: 503, headers: { 'retry-after': '1' } }, 200])
    await expect(poster.post({ body, deadline: monotonicNow() + 500 })).rejects.toMatchObject({ status: 503 })
    await expect(poster.post({ body, deadline: monotonicNow() + 100 })).rejects.toThrow(/asked to wait for 1 s more$/)
    expect(requests).toHaveLength(1)
    await poster.post({ body, deadline: soon() })
    expect(requests[1]!.at - requests[0]!.at).toBeGreaterThanOrEqual(990)
  })

  test('end before the deadline', async ({ stage }) => {
    const { poster, requests } = await posterTo(stage, Array(50).fill(503))
    const began = monotonicNow()
    const failed = await poster.post({ body, deadline: began + 300 }).catch((error: unknown) => error as PostFailed)
    expect(failed).toMatchObject({ status: 503, retryable: true })
    expect((failed as PostFailed).message).toMatch(/\/v1 answered with status 503, answer \d, after \d tries$/)
    // A try in progress ends at the deadline.
    expect(monotonicNow() - began).toBeLessThan(1_000)
    expect(requests.length).toBeGreaterThan(2)
  })

  test.for([400, 401, 413, 500, 302])('do not follow a status %i', async (status, { stage }) => {
    const { poster, requests } = await posterTo(stage, [status, 200])
    await expect(poster.post({ body, deadline: soon() })).rejects.toMatchObject({ status, retryable: false })
    expect(requests).toHaveLength(1)
  })

  test('follow a refused connection', async () => {
    const url = new URL(`http://user:secret@127.0.0.1:${await freePort()}/v1?token=x`)
    const poster = new HttpPoster({ ...fast, url, backOff: { first: 30, most: 60 } })
    const failed = await poster.post({ body, deadline: monotonicNow() + 200 }).catch((error: Error) => error.message)
    expect(failed).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/v1 did not accept the request \(.*ECONNREFUSED.*, after \d tries$/,
    )
  })

  test('follow an answer that is not complete in time, and a connection that the server ends', async ({ stage }) => {
    const { poster, requests } = await posterTo(stage, ['half', 'reset', 200], { timeout: 100 })
    expect(await poster.post({ body, deadline: soon() })).toMatchObject({ status: 200 })
    expect(requests).toHaveLength(3)
  })
})

test('a signal ends a request, and the wait before a retry', async ({ stage }) => {
  for (const answers of [['half'], [{ status: 503, headers: { 'retry-after': '5' } }]] as const) {
    const { poster, requests } = await posterTo(stage, answers)
    const abort = new AbortController()
    const posted = poster.post({ body, deadline: monotonicNow() + 20_000, signal: abort.signal })
    setTimeout(() => abort.abort(new Error('stopped')), 100)
    await expect(posted).rejects.toThrow('stopped')
    expect(requests).toHaveLength(1)
  }
})

test('a signal that was aborted before makes no connection', async ({ stage }) => {
  const { poster, requests } = await posterTo(stage, [])
  const signal = AbortSignal.abort(new Error('stopped'))
  await expect(poster.post({ body, deadline: soon(), signal })).rejects.toThrow('stopped')
  expect(requests).toHaveLength(0)
})

describe.runIf(hasOpenssl)('TLS', () => {
  test('presents a certificate and checks that of the server; a renewed one is read again', async ({ stage }) => {
    const folder = stage.folder()
    const server = makeCertificate(folder, 'server')
    const [first, second] = [makeCertificate(folder, 'first'), makeCertificate(folder, 'second')]
    const key = readFileSync(server.keyfile)
    const cert = readFileSync(server.certfile)
    const secure = { key, cert, ca: [first, second].map(({ certfile }) => readFileSync(certfile)), requestCert: true }
    const tls = new TlsFiles({ ca: server.certfile, cert: first.certfile, key: first.keyfile }, names)
    const { poster, requests } = await posterTo(stage, [], { tls }, secure)
    await poster.post({ body, deadline: soon() })
    renameSync(second.certfile, first.certfile)
    renameSync(second.keyfile, first.keyfile)
    await poster.post({ body, deadline: soon() })
    expect(requests.map(({ client }) => client)).toEqual(['first', 'second'])
  })

  test('does not retry with a server that is not trusted', async ({ stage }) => {
    const server = makeCertificate(stage.folder(), 'server')
    const secure = { key: readFileSync(server.keyfile), cert: readFileSync(server.certfile) }
    const { poster } = await posterTo(stage, [], {}, secure)
    const message = expect.stringMatching(
      /self-signed certificate(?:; if the root CA [^;]*)?; to trust it, name the file with the certificate of its CA: caFile\)$/,
    )
    await expect(poster.post({ body, deadline: soon() })).rejects.toMatchObject({ retryable: false, message })
  })

  test('says so if the server expects none, or if it does', async ({ stage }) => {
    const { url } = await posterTo(stage, [])
    const none = new HttpPoster({ ...fast, url: new URL(url.href.replace('http:', 'https:')), retries: () => false })
    await expect(none.post({ body, deadline: monotonicNow() + 300 })).rejects.toThrow(
      'if it expects no TLS, use http://',
    )
    const server = makeCertificate(stage.folder(), 'server')
    const secure = { key: readFileSync(server.keyfile), cert: readFileSync(server.certfile) }
    const { url: secureUrl } = await posterTo(stage, [], {}, secure)
    const plain = new HttpPoster({ ...fast, url: new URL(secureUrl.href.replace('https:', 'http:')) })
    await expect(plain.post({ body, deadline: monotonicNow() + 300 })).rejects.toThrow(
      'if it expects TLS, use https://',
    )
  })

  test('files that are missing are named', ({ stage }) => {
    const path = `${stage.folder()}/none.pem`
    expect(() => new TlsFiles({ ca: path }, names)).toThrow(`CA: ${path} cannot be read (ENOENT)`)
    expect(() => new TlsFiles({ key: path }, names)).toThrow('KEY needs CERT: a certificate is used with its key')
  })
})

const fast = {
  timeout: 5_000,
  retries: (status: number) => status === 429 || status === 503,
  names: { usualPath: '/v1/numbers', caOption: 'caFile' },
} as const

function soon(): number {
  return monotonicNow() + 10_000
}

type Step = number | 'half' | 'reset' | { readonly status: number; readonly headers: Record<string, string> }

interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly text: string
  readonly at: number
  readonly sockets: readonly IncomingMessage['socket'][]
  /** What the client is called in its certificate. */
  readonly client: string | undefined
}

/** A poster to a real server that answers with these steps, and then with 200. */
async function posterTo(
  stage: Stage,
  steps: readonly Step[],
  options: Partial<HttpPosterOptions> = {},
  secure?: ServerOptions,
): Promise<{ url: URL; poster: HttpPoster; requests: Seen[]; sockets: () => number }> {
  const requests: Seen[] = []
  const left = [...steps]
  const answer: RequestListener = async (request, response) => {
    const at = monotonicNow()
    let text = ''
    for await (const chunk of request) text += chunk
    const { method, url, headers, socket } = request
    const client =
      'getPeerCertificate' in socket ? (socket as never as Peer).getPeerCertificate().subject?.CN : undefined
    requests.push({ method, url, headers, text, at, sockets: [socket], client })
    carryOut(left.shift() ?? 200, response, requests.length)
  }
  const server = secure === undefined ? createServer(answer) : createSecureServer(secure, answer)
  let connections = 0
  server.on('connection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stage.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const url = new URL(`${secure === undefined ? 'http' : 'https'}://127.0.0.1:${port}/v1`)
  const poster = new HttpPoster({ ...fast, url, backOff: { first: 30, most: 1_000 }, ...options })
  stage.after(() => poster.close())
  return { url, poster, requests, sockets: () => connections }
}

interface Peer {
  getPeerCertificate(): { subject?: { CN?: string } }
}

function carryOut(step: Step, response: ServerResponse, number: number): void {
  if (step === 'reset') response.destroy()
  else if (step === 'half') response.writeHead(200).write('half of an ')
  else if (typeof step === 'number') response.writeHead(step).end(`answer ${number}`)
  else response.writeHead(step.status, step.headers).end()
}
