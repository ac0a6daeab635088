// A server that knows nothing of promhive, in ESM.
import { createServer } from 'node:http'

const hoard = []

const paths = {
  '/': (response) => setTimeout(() => response.end(String(process.pid)), 3),
  '/slow': (response) => setTimeout(() => response.end('late'), 1500),
  // Long after the answer is out.
  '/block': (response) => {
    response.end(String(process.pid))
    setTimeout(() => {
      const end = Date.now() + 120_000
      while (Date.now() < end);
    }, 50)
  },
  '/hoard': (response) => {
    hoard.push(Buffer.alloc(200_000_000, 1))
    response.end(String(process.pid))
  },
  '/fail': (response) => {
    response.statusCode = 503
    response.end('no')
  },
  '/throw': () => {
    throw new RangeError('thrown by the application')
  },
  '/facts': (response) => {
    const { pid, argv, execArgv, env } = process
    const user = [process.getuid(), process.getgid(), process.getgroups()]
    response.end(JSON.stringify({ pid, argv, execArgv, user, env }))
  },
}

createServer((request, response) => paths[request.url]?.(response) ?? response.writableEnded).listen(
  Number(process.env.PORT),
  '127.0.0.1',
)
