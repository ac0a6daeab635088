import { Redis } from 'ioredis'
import { createClient } from 'redis'
import type { RedisOptions } from '../../../src/redis.js'
import type { Stage } from '../processes/stage.js'

/** The ways in which an application reaches Redis. */
export const ways: Readonly<Record<string, (stage: Stage, url: string) => Promise<RedisOptions>>> = {
  ioredis: async (stage, url) => {
    const client = new Redis(url, { retryStrategy: () => 20 })
    client.on('error', () => {})
    stage.after(() => client.disconnect())
    return { client }
  },
  redis: async (stage, url) => {
    const client = createClient({ url, socket: { reconnectStrategy: 20 } })
    client.on('error', () => {})
    stage.after(() => client.destroy())
    await client.connect()
    return { client }
  },
  url: async (_, url) => ({ url }),
}
