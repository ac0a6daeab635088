import { createClient } from 'redis'
import { describe, expect } from 'vitest'
import { libraries } from '../../src/store/redis/client/own-client.js'
import { settingsOf } from '../../src/store/redis/options.js'
import { overUrl } from '../../src/store/redis/own-connection.js'
import { RedisBackend } from '../../src/store/redis/redis-backend.js'
import { sentinelPlace } from '../../src/store/redis/sentinel-options.js'
import { counterOf } from '../../src/testing/counted.js'
import { counterFamily } from '../../src/testing/families.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { failoverRounds } from '../helpers/redis/failovers.js'
import { participant } from '../helpers/redis/lost-answers.js'
import { RedisSentinels } from '../helpers/redis/redis-sentinels.js'
import { freePort, hasRedis } from '../helpers/redis/redis-server.js'

const jobs = counterFamily('jobs_total')
const key = JSON.stringify(['a'])

describe.skipIf(!hasRedis)('Redis with Sentinel', () => {
  test('loses no counts of living processes when its master is killed and the replica takes over', {
    timeout: 300_000,
  }, async ({ stage }) => {
    const service = await RedisSentinels.start(stage)
    const kinds = ['ioredis-sentinel', 'redis-sentinel', 'ioredis-sentinel', 'redis-sentinel']
    await leadsToTheMaster(stage, service)
    await failoverRounds(stage, { kinds, ports: service.ports, failOver: () => service.failOver('killing') }, 1)
  })
})

/** Without a client of the application: with users on servers and sentinels, an unreachable sentinel, and a failover. */
async function leadsToTheMaster(stage: Stage, service: RedisSentinels): Promise<void> {
  const ports = service.ports.split(',')
  for (const { port } of service.servers) await userOn(port, 'metrics')
  for (const port of ports) await userOn(Number(port), 'watcher')
  const place = sentinelPlace({
    sentinels: [`127.0.0.1:${await freePort()}`, ...ports.map((port) => ({ host: '127.0.0.1', port: Number(port) }))],
    name: 'service',
    ...{ username: 'metrics', password: 'secret', sentinelUsername: 'watcher', sentinelPassword: 'secret' },
  })!
  const limits = { connect: 4_000, command: 4_000 }
  const settings = settingsOf({ keyPrefix: 'own', deadAfter: 60 })
  const all = libraries.map((each) => participant(stage, new RedisBackend(settings, overUrl(place, limits, [each]))))
  for (const each of all) {
    counterOf(each, jobs, key).inc(2)
    expect(await each.backend.flush()).toBe(true)
  }
  await service.failOver('asking')
  for (const each of all) {
    counterOf(each, jobs, key).inc(3)
    await until(() => each.backend.flush(), Boolean)
  }
  expect((await all[0]!.read()).total('jobs_total')).toBe(10)
  for (const [options, fault] of [
    [{ ...place, name: 'other' }, 'knows no master of the name other'],
    [{ ...place, sentinels: place.sentinels.map((each) => ({ ...each, password: 'wrong' })) }, 'WRONGPASS'],
  ] as const) {
    for (const library of libraries) {
      const connection = overUrl(options, limits, [library])
      const stray = participant(stage, new RedisBackend(settings, connection))
      expect(await stray.backend.flush()).toBe(false)
      expect(stray.faults[0]!.message).toContain(fault)
    }
  }
}

async function userOn(port: number, name: string): Promise<void> {
  const client = createClient({ url: `redis://127.0.0.1:${port}` })
  await client.connect()
  await client.sendCommand(['ACL', 'SETUSER', name, 'on', '>secret', '~*', '&*', '+@all'])
  client.destroy()
}
