import { connect, createServer } from 'node:net'

/** Below those that the kernel gives to clients, so that no connection takes a port before its program listens. */
const [lowest, highest] = [10_000, 32_000]
const given = new Set()

/** Returns the port if it is free, and any free port otherwise. */
export async function freePort(preferred) {
  for (let port = preferred; ; port = undefined) {
    port ??= lowest + Math.floor(Math.random() * (highest - lowest))
    if (given.has(port) || !(await isFree(port))) {
      if (port === preferred) console.log(`port ${port} is taken, and replaced by a free one`)
      continue
    }
    given.add(port)
    return port
  }
}

function isFree(port) {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** Whether a program listens on the port. */
export function isOpen(port) {
  const socket = connect(port, '127.0.0.1')
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  }).finally(() => socket.destroy())
}
