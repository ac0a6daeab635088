import { describe, expect } from 'vitest'
import { Exposition, wentBack } from '../helpers/processes/exposition.js'
import { Stage, sharedBackends, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { ways } from '../helpers/redis/clients.js'
import { failoverRounds } from '../helpers/redis/failovers.js'
import { lostAnswerRounds } from '../helpers/redis/lost-answers.js'
import { outageRounds } from '../helpers/redis/outages.js'
import { RedisCluster } from '../helpers/redis/redis-cluster.js'
import { RedisSentinels } from '../helpers/redis/redis-sentinels.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'
import { keysOfShards } from '../helpers/redis/sharded.js'
import { lifeOfTwoHosts } from '../helpers/redis/two-hosts.js'

describe.skipIf(!hasRedis)('Redis and its writers, killed repeatedly', () => {
  test('lose nothing that was acknowledged in 200 rounds', async ({ stage }) => {
    await outageRounds(stage, { rounds: 200, writers: 4, away: 200 })
  })

  test.for(Object.keys(ways))(
    'count nothing twice when 200 times answers are lost, over %s',
    async (way, { stage }) => {
      await lostAnswerRounds(stage, way, 200)
    },
  )

  test('lose no counts of living processes when a shard of a cluster fails over 30 times', async ({ stage }) => {
    const cluster = await RedisCluster.start(stage)
    const kinds = ['ioredis-cluster', 'redis-cluster', 'ioredis-cluster', 'redis-cluster']
    const failOver = (round: number) => cluster.failOver('{promhive}:ledgers', round % 2 === 0 ? 'asking' : 'killing')
    await failoverRounds(stage, { kinds, ports: cluster.ports, failOver }, 30)
  })

  test('lose no counts of living processes when each of three shards of a cluster fails over 6 times', async ({
    stage,
  }) => {
    const cluster = await RedisCluster.start(stage)
    const kinds = ['ioredis-cluster', 'redis-cluster', 'ioredis-cluster', 'redis-cluster', 'ioredis-cluster']
    const shards = keysOfShards(3).map(({ ledgers }) => ledgers)
    const failOver = (round: number) =>
      cluster.failOver(shards[round % shards.length]!, round % 2 === 0 ? 'asking' : 'killing')
    await failoverRounds(stage, { kinds, ports: cluster.ports, options: { shards: shards.length }, failOver }, 18)
  })

  test('lose no counts of living processes when a server with Sentinel fails over 10 times', async ({ stage }) => {
    const service = await RedisSentinels.start(stage)
    const kinds = ['ioredis-sentinel', 'redis-sentinel', 'ioredis-sentinel', 'redis-sentinel']
    const failOver = (round: number) => service.failOver(round % 2 === 0 ? 'killing' : 'asking')
    await failoverRounds(stage, { kinds, ports: service.ports, failOver }, 10)
  })

  test.each(sharedBackends)('$backend: the one that flushes for a host is replaced, 3 times over', async ({ env }) => {
    for (let round = 0; round < 3; round++) {
      const stage = new Stage()
      await lifeOfTwoHosts(stage, env).finally(() => stage.clear())
    }
  })

  test('continue after a full minute without Redis', async ({ stage }) => {
    const server = await RedisServer.start(stage, { args: ['--appendonly', 'yes'] })
    const start = (kind: string) => stage.start('redis-actor.mjs', { args: [kind, server.url] })
    const actors = await Promise.all(['redis', 'ioredis', 'url', 'url'].map(start))
    for (const actor of actors) {
      await actor.ask('count', 'jobs_total', {}, 1000)
      await actor.ask('setGauge', 'level', 'livesum', 1)
      expect(await actor.ask('flush')).toBe(true)
    }
    let before = new Exposition(await actors[0]!.ask('scrape'))
    expect(before.value('jobs_total')).toBe(4000)
    await server.kill()
    const back = Date.now() + 60_000
    let rounds = 0
    for (; Date.now() < back; rounds++) {
      for (const actor of actors) await actor.ask('count', 'jobs_total', {}, 10)
      const after = new Exposition(await actors[0]!.ask('scrape'))
      expect(wentBack(before, after)).toEqual([])
      before = after
    }
    for (const actor of actors) await actor.ask('count', 'jobs_total', {}, 1)
    expect(before.value('jobs_total')).toBe(4000 + rounds * 10)
    await server.launch()
    const expected = 4000 + 4 * (rounds * 10 + 1)
    for (const actor of actors) {
      const scrape = await until(
        async () => new Exposition(await actor.ask('scrape')),
        (seen) => seen.value('jobs_total') === expected && seen.value('level') === 4,
      )
      expect(scrape.value('jobs_total')).toBe(expected)
    }
  })
})
