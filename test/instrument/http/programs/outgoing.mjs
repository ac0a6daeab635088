// Sends requests in every way that does not go from `end()` to the whole of the answer.
import { once } from 'node:events'
import http from 'node:http'
import { answer } from '../../../processes/programs/stagehand.mjs'

const server = http.createServer((request, response) => {
  if (request.url === '/half') {
    response.writeHead(200, { 'content-length': 100 }).write('half')
    return setImmediate(() => response.destroy())
  }
  if (request.url === '/early') return response.writeHead(413, { connection: 'close' }).end('too much')
  request.resume().on('end', () => response.end('hello'))
})
server.on('upgrade', (_request, socket) =>
  socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n'),
)
server.on('connect', (_request, socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'))

async function make(path, options) {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening')
  const request = http.request({ host: '127.0.0.1', port: server.address().port, path, agent: false, ...options })
  request.on('error', () => {}).on('response', (response) => response.resume().on('error', () => {}))
  return request
}

/** Also if it failed before. */
const closed = (request) => new Promise((resolve) => request.on('close', resolve))

const ways = {
  /** The answer ends before the request does, and the request after it. */
  async early() {
    const request = await make('/early', { method: 'POST' })
    request.write('some')
    await closed(request)
    request.end('more')
  },
  async neverEnded() {
    const request = await make('/', { method: 'POST', port: 1 })
    request.write('some')
    await closed(request)
  },
  async half() {
    const request = (await make('/half')).end()
    await closed(request)
  },
  /** Passes a request on, as a proxy does. */
  async foreignHost() {
    const request = (await make('/', { headers: { host: 'anything.example' } })).end()
    await closed(request)
  },
  async forwardProxy() {
    const headers = { host: 'api.example' }
    const request = (await make('http://api.example/orders', { headers })).end()
    await closed(request)
  },
  async upgrade() {
    const request = (await make('/', { headers: { connection: 'Upgrade', upgrade: 'echo' } })).end()
    const [, socket] = await once(request, 'upgrade')
    socket.destroy()
  },
  async connect() {
    const request = (await make('api.example:443', { method: 'CONNECT' })).end()
    const [, socket] = await once(request, 'connect')
    socket.destroy()
  },
}

answer({
  async send(way) {
    await ways[way]()
    return `127.0.0.1:${server.address().port}`
  },
})
