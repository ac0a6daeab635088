import { createServer } from 'node:net'

/** A port that nobody has at the moment, and as many behind it. */
export async function freePort(count = 1): Promise<number> {
  for (;;) {
    const first = await listen(0)
    const { port } = first!.address() as { port: number }
    const others = await Promise.all(Array.from({ length: count - 1 }, (_, i) => listen(port + 1 + i)))
    for (const server of [first, ...others]) server?.close()
    if (!others.includes(undefined)) return port
  }
}

function listen(port: number): Promise<ReturnType<typeof createServer> | undefined> {
  const server = createServer().listen(port, '127.0.0.1')
  return new Promise((resolve) => {
    server.once('listening', () => resolve(server)).once('error', () => resolve(undefined))
  })
}
