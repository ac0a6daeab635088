import { createServer } from 'node:net'

/**
 * Below those that the kernel gives to clients and to whoever asks for any port: between being chosen here and being
 * opened by a process of the test, a port is given to nobody.
 */
const [lowest, highest] = [10_000, 32_000]
let next = lowest + Math.floor(Math.random() * (highest - lowest))

/** A port that nobody has at the moment, and as many behind it; never the same twice. */
export async function freePort(count = 1): Promise<number> {
  for (;;) {
    if (next + count > highest) next = lowest
    const first = next
    next += count
    const servers = await Promise.all(Array.from({ length: count }, (_, i) => listen(first + i)))
    await Promise.all(servers.map((server) => server && new Promise((resolve) => server.close(resolve))))
    if (!servers.includes(undefined)) return first
  }
}

function listen(port: number): Promise<ReturnType<typeof createServer> | undefined> {
  const server = createServer().listen(port, '127.0.0.1')
  return new Promise((resolve) => {
    server.once('listening', () => resolve(server)).once('error', () => resolve(undefined))
  })
}
