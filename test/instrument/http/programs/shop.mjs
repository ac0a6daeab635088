// One process with one of the applications. promhive comes by --import alone, and by what the test asks of it.
import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { connect } from 'node:net'
import tlsSockets from 'node:tls'
import { configure, register } from 'promhive'
import { instrumentHttp } from 'promhive/http'
import { answer } from '../../../processes/programs/stagehand.mjs'
import { applications } from './applications.mjs'

const pem = (name) => readFileSync(new URL(`localhost-${name}.pem`, import.meta.url))
const tls = { key: pem('key'), cert: pem('certificate') }
const reached = []
/** Reports requests that get no answer. */
const slow = new EventEmitter()
const connections = new Set()
const opened = []

const listener = (request, response) => {
  reached.push(request.url)
  if (request.url === '/chunked') {
    response.write('x'.repeat(500))
    return setTimeout(() => response.end('x'.repeat(500)), 5)
  }
  response.setHeader('content-length', 5)
  response.end('hello')
}

const servers = {
  https: () => https.createServer(tls, listener),
  http2: () => http2.createServer(listener),
  http2secure: () => http2.createSecureServer({ ...tls, allowHTTP1: true }, listener),
  /** Without request and response objects. */
  streams() {
    const server = http2.createServer()
    server.on('stream', (stream, headers) => {
      if (headers[':path'] === '/slow') return setImmediate(() => slow.emit('reached'))
      stream.respond({ ':status': headers[':path'] === '/fails' ? 500 : 200 })
      stream.end('hello')
    })
    return server
  },
}

answer({
  configure,
  instrument: (options) => instrumentHttp(options),
  /** Functions do not travel: what an application would write into its first lines. */
  instrumentWithFunctions() {
    instrumentHttp({
      ignore: ({ url }) => url === '/healthz',
      route: ({ url }) => {
        if (url === '/throws') throw new Error('no route today')
        return url.startsWith('/pages/') ? '/pages/:page' : undefined
      },
    })
  },
  async open(name) {
    const server = await (servers[name] ?? applications[name])()
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    opened.push(server)
    const scheme = name === 'https' || name === 'http2secure' ? 'https' : 'http'
    return `${scheme}://127.0.0.1:${server.address().port}`
  },
  send: (url, method = 'GET', body = undefined, agent = 'new') =>
    new Promise((resolve) => {
      const { request } = url.startsWith('https') ? https : http
      const asked = request(url, { method, rejectUnauthorized: false, ...(agent === 'new' && { agent: false }) })
      asked.on('response', (response) => response.resume().on('end', () => resolve(response.statusCode)))
      asked.on('error', ({ code }) => resolve(code))
      asked.end(body)
    }),
  fetch: (url, timeout) =>
    fetch(url, timeout === undefined ? {} : { signal: AbortSignal.timeout(timeout) }).then(
      async (response) => {
        await response.text()
        return response.status
      },
      ({ cause, name }) => cause?.code ?? name,
    ),
  /** Several streams of one session; returns their statuses, 0 for aborted ones. */
  async streams(url, paths, { method = 'GET', giveUp = false } = {}) {
    const session = http2.connect(url, { rejectUnauthorized: false })
    const statuses = await Promise.all(
      paths.map(
        (path) =>
          new Promise((resolve) => {
            const stream = session.request({ ':path': path, ':method': method })
            let status = 0
            stream.on('response', (headers) => (status = headers[':status']))
            stream.on('close', () => resolve(status)).on('error', () => {})
            stream.resume()
            if (giveUp) slow.once('reached', () => stream.close(http2.constants.NGHTTP2_CANCEL))
          }),
      ),
    )
    session.close()
    return statuses
  },
  /** Bytes as they are, on a connection that is cut off when so many answers have come, and the last one whole; or by `cutOff`. */
  raw: (port, text, { answers, last } = {}, encrypted = false) =>
    new Promise((resolve) => {
      const socket = encrypted
        ? tlsSockets.connect({ port, rejectUnauthorized: false }, () => socket.write(text))
        : connect(port, '127.0.0.1', () => socket.write(text))
      connections.add(socket)
      let got = ''
      socket.setEncoding('utf8').on('data', (more) => {
        got += more
        if (got.split('HTTP/1.1 ').length - 1 === answers && got.endsWith(last)) socket.destroy()
      })
      socket.on('close', () => resolve(got))
    }),
  cutOff() {
    for (const socket of connections) socket.destroy()
  },
  closeServers() {
    for (const server of opened) server.closeAllConnections()
  },
  clear: () => register.clear(),
})
