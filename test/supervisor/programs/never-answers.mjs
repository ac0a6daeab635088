// A server whose requests its worker does not live to answer.
import { createServer } from 'node:http'
import { createServer as createServer2 } from 'node:http2'

let waiting = 0
const announce = () => process.stdout.write(`waiting ${++waiting}\n`)

const server = createServer((request, response) => {
  const { url } = request
  if (url === '/pid') return response.end(String(process.pid))
  // A client that hangs up is no part of this.
  if (url === '/wait') return announce()
  if (url === '/answered-exit') return response.end('answered', () => process.exit(0))
  if (url === '/exit') return process.exit(0)
  if (url === '/throw') throw new RangeError('thrown by the application')
  if (url === '/block') {
    setTimeout(() => {
      const end = Date.now() + 120_000
      while (Date.now() < end);
    }, 1500)
  }
}).listen(Number(process.env.PORT), '127.0.0.1')
server.requestTimeout = 0

if (process.env.PORT2 !== undefined) {
  createServer2().on('stream', announce).listen(Number(process.env.PORT2), '127.0.0.1')
}
