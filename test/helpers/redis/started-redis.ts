import { Redis } from 'ioredis'
import type { Stage } from '../processes/stage.js'
import { RedisServer } from './redis-server.js'

/** A redis-server of a test's own, and a client for the test to look into it. */
export async function startRedis(
  stage: Stage,
): Promise<{ readonly server: RedisServer; readonly port: number; readonly url: string; readonly client: Redis }> {
  const server = await RedisServer.start(stage)
  const { port, url } = server
  const client = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null })
  client.on('error', () => {})
  stage.after(() => client.disconnect())
  return { server, port, url, client }
}
