import { createServer } from 'node:net'

/**
 * Below those that the kernel gives to clients and to programs without a fixed port: between being chosen here and being
 * opened by a process of the test, a port is given to no other program.
 */
const [first, last] = [10_000, 32_000]
/** Test files that run at the same time take their ports from different parts of the range. */
const parts = 8
const size = Math.floor((last - first) / parts)
const lowest = first + (Number(process.env.VITEST_POOL_ID ?? 0) % parts) * size
const highest = lowest + size
let next = lowest + Math.floor(Math.random() * size)

/** A port that is free at the moment, and this many after it; never the same twice. */
export async function freePort(count = 1): Promise<number> {
  for (;;) {
    if (next + count > highest) next = lowest
    const port = next
    next += count
    const servers = await Promise.all(Array.from({ length: count }, (_, i) => listen(port + i)))
    await Promise.all(servers.map((server) => server && new Promise((resolve) => server.close(resolve))))
    if (!servers.includes(undefined)) return port
  }
}

function listen(port: number): Promise<ReturnType<typeof createServer> | undefined> {
  const server = createServer().listen(port, '127.0.0.1')
  return new Promise((resolve) => {
    server.once('listening', () => resolve(server)).once('error', () => resolve(undefined))
  })
}
