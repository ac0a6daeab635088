import { describe, expect } from 'vitest'
import { Exposition } from '../helpers/processes/exposition.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { RedisCluster } from '../helpers/redis/redis-cluster.js'
import { hasRedis } from '../helpers/redis/redis-server.js'
import { keysOfShards } from '../helpers/redis/sharded.js'

const shards = 3
const kinds = ['ioredis-cluster', 'redis-cluster', 'ioredis-cluster']
const shardKeys = keysOfShards(shards).map(({ ledgers }) => ledgers)

describe.skipIf(!hasRedis)('a service in three shards of a cluster of six nodes', () => {
  test('shows a shard whose nodes are lost as it was, and the others as they are', { timeout: 240_000 }, async ({
    stage,
  }) => {
    const cluster = await RedisCluster.start(stage, ['--cluster-require-full-coverage', 'no'])
    const primaries = await Promise.all(shardKeys.map((key) => cluster.masterOf(key)))
    expect(new Set(primaries).size).toBe(shards)
    const options = JSON.stringify({ shards, flushInterval: 0.2, deadAfter: 60, scrapeTimeout: 5 })
    const start = (kind: string) => stage.start('redis-actor.mjs', { args: [kind, cluster.ports, options] })
    const actors = await Promise.all([...kinds, ...kinds].map(start))
    const countAll = async (): Promise<void> => {
      for (const actor of actors) await actor.ask('count', 'jobs_total', {}, 10)
    }
    await countAll()
    for (const actor of actors) await until(() => actor.ask('flush'), Boolean)
    const all = 10 * actors.length
    for (const actor of actors) {
      const scrape = await until(
        async () => new Exposition(await actor.ask('scrape')),
        (seen) => seen.value('jobs_total')! >= all,
      )
      expect(scrape.value('jobs_total')).toBe(all)
    }
    const lost = await cluster.lose(shardKeys[2]!)
    await countAll()
    const flushed = await Promise.all(actors.map((actor) => actor.ask<boolean>('flush')))
    // Those of the other shards continue.
    expect(flushed.filter(Boolean).length).toBeGreaterThan(0)
    for (const [i, actor] of actors.entries()) {
      const text = String(await actor.ask('scrape'))
      const counted = new Exposition(text).value('jobs_total')!
      // Its own counts are shown even if they cannot be sent.
      expect(counted).toBeGreaterThanOrEqual(all + 10 * flushed.filter((each, j) => each || i === j).length)
      expect(text).toMatch(/^promhive_backend_up 0$/m)
    }
    await lost.revive()
    for (const actor of actors) {
      const scrape = await until(
        async () => {
          const seen = new Exposition(await actor.ask('scrape'))
          expect(seen.value('jobs_total')).toBeGreaterThanOrEqual(all)
          return seen
        },
        (seen) => seen.value('jobs_total')! >= 2 * all,
      )
      expect(scrape.value('jobs_total')).toBe(2 * all)
    }
  })
})
