import { describe } from 'vitest'
import { test } from '../helpers/processes/stage.js'
import { failoverRounds } from '../helpers/redis/failovers.js'
import { RedisSentinels } from '../helpers/redis/redis-sentinels.js'
import { hasRedis } from '../helpers/redis/redis-server.js'

describe.skipIf(!hasRedis)('Redis behind Sentinel', () => {
  test('loses nothing of the living when its master is killed and the replica takes over', {
    timeout: 300_000,
  }, async ({ stage }) => {
    const service = await RedisSentinels.start(stage)
    const kinds = ['ioredis-sentinel', 'redis-sentinel', 'ioredis-sentinel', 'redis-sentinel']
    await failoverRounds(stage, { kinds, ports: service.ports, failOver: () => service.failOver('killing') }, 1)
  })
})
