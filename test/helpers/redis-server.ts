import { spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { Redis } from 'ioredis'
import type { Stage } from './processes/stage.js'
import { until } from './processes/until.js'

/** Whether this system has one: `scripts/provision.mjs` installs it where it may. */
export const redisIsInstalled = spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0

/** A real redis-server of a test's own: on a port of loopback that was free, without a disk. */
export interface RedisServer {
  readonly port: number
  readonly url: string
  readonly pid: number
  /** For the test to look into it. */
  readonly client: Redis
  /** Ends it, as a failing machine would. */
  kill(): Promise<void>
}

export async function startRedis(stage: Stage, more: readonly string[] = []): Promise<RedisServer> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const server = await tryStart(stage, port, more)
    if (server !== undefined) return server
    if (attempt === 5) throw new Error('no redis-server could be started')
  }
}

async function tryStart(stage: Stage, port: number, more: readonly string[]): Promise<RedisServer | undefined> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...more]
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      output += `failed: ${error.message}`
      resolve()
    })
    child.once('exit', () => resolve())
  })
  const kill = async (): Promise<void> => {
    if (child.exitCode === null && child.pid !== undefined) child.kill('SIGKILL')
    await ended
  }
  stage.after(kill)
  const seen = await until(
    () => output,
    (text) => /Ready to accept connections|failed|in use/i.test(text) || child.exitCode !== null,
  )
  if (!/Ready to accept/i.test(seen)) return undefined
  const client = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null })
  client.on('error', () => {})
  stage.after(() => client.disconnect())
  return { port, url: `redis://127.0.0.1:${port}`, pid: child.pid!, client, kill }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
