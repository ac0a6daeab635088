import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { describe, test } from 'vitest'
import { type RedisMetrics, redis } from '../../src/redis.js'
import { backendConformance, type Conforming } from '../../src/testing.js'
import { Stage } from '../helpers/processes/stage.js'
import { hasRedis, hasValkey, RedisServer, type RedisServerOptions } from '../helpers/redis/redis-server.js'

const framework = { describe: describe.skipIf(!hasRedis), test }
const everything = { manyWriters: true, outlivesWriters: true, exemplars: true }

const clients = {
  'ioredis, a client of the user': async (url: string, after: (undo: () => unknown) => void) => {
    const client = new Redis(url)
    after(() => client.disconnect())
    return { client }
  },
  'redis, a client of the user': async (url: string, after: (undo: () => unknown) => void) => {
    const client = createClient({ url })
    after(() => client.destroy())
    return { client: await client.connect() }
  },
  'a url': async (url: string) => ({ url }),
}

for (const [name, way] of Object.entries(clients)) {
  backendConformance(`redis over ${name}`, { create: over(way), supports: everything }, framework)
}

describe.skipIf(!hasValkey)('on Valkey', () => {
  const create = over(clients['a url'], 'valkey-server')
  backendConformance('redis over a url', { create, supports: everything }, { describe, test })
})

/** Backends that share a server, as processes would. */
function over(
  way: (url: string, after: (undo: () => unknown) => void) => Promise<object>,
  program?: RedisServerOptions['program'],
): Conforming['create'] {
  return async (after) => {
    const stage = new Stage()
    after(() => stage.clear())
    const server = await RedisServer.start(stage, program === undefined ? {} : { program })
    const options = await way(server.url, after)
    return (): RedisMetrics => redis(options)
  }
}
