// A server that knows nothing of promhive, in ESM.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'

const hoard = []

/** By then there is the thread that watches: it is started a second after the process, by a timer of the same thread. */
const watched = new Promise((resolve) => setTimeout(resolve, 1500).unref())

const paths = {
  '/': (response) => setTimeout(() => response.end(String(process.pid)), 3),
  // Until a file that the test names exists; without a name, for a few seconds.
  '/slow': (response) => {
    const { RELEASE } = process.env
    if (RELEASE === undefined) return setTimeout(() => response.end('late'), 4000)
    const waiting = setInterval(() => {
      if (!existsSync(RELEASE)) return
      clearInterval(waiting)
      response.end('late')
    }, 20)
  },
  '/work': (response) => {
    const end = performance.now() + 3
    while (performance.now() < end);
    response.end(String(process.pid))
  },
  // Long after the answer is out.
  '/block': async (response) => {
    await watched
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
  // A process that outlives its parent by a moment.
  '/orphan': (response) => {
    execFile('sh', ['-c', 'sleep 0.2 >/dev/null 2>&1 &'], (error) =>
      response.end(error === null ? 'left' : error.message),
    )
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
