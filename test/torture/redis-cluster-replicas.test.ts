import { Cluster } from 'ioredis'
import { createCluster } from 'redis'
import { describe, expect } from 'vitest'
import { type RedisOptions, redis } from '../../src/redis.js'
import { counterOf } from '../../src/testing/counted.js'
import { counterFamily } from '../../src/testing/families.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { participant } from '../helpers/redis/lost-answers.js'
import { RedisCluster } from '../helpers/redis/redis-cluster.js'
import { hasRedis, type RedisServer } from '../helpers/redis/redis-server.js'
import { keysOfShards } from '../helpers/redis/sharded.js'

const jobs = counterFamily('jobs_total')
const key = JSON.stringify(['a'])
const shards = 3
const shardKeys = keysOfShards(shards, 'shop').map(({ ledgers }) => ledgers)

/** The cluster client of each library: ioredis reads from replicas only, redis sometimes from the primary. */
const clients = {
  async ioredis(stage: Stage, ports: readonly number[]): Promise<object> {
    const client = new Cluster(
      ports.map((port) => ({ host: '127.0.0.1', port })),
      { scaleReads: 'slave' },
    )
    client.on('error', () => {})
    stage.after(() => client.disconnect())
    return client
  },
  async redis(stage: Stage, ports: readonly number[]): Promise<object> {
    const client = createCluster({
      rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })),
      useReplicas: true,
    })
    client.on('error', () => {})
    stage.after(() => client.destroy())
    await client.connect()
    return client
  },
}

describe.skipIf(!hasRedis)('scrapes that read the replicas of a cluster', () => {
  test('show all shards, and never go back when a replica takes over', async ({ stage }) => {
    const cluster = await RedisCluster.start(stage)
    // A client keeps the replicas that the node names to which it connects.
    for (const node of cluster.nodes) {
      await until(
        () => node.ask('CLUSTER', 'SLOTS') as Promise<unknown[][]>,
        (ranges) => ranges.length === shards && ranges.every((range) => range.length === 4),
      )
    }
    const ports = cluster.nodes.map(({ port }) => port)
    const options: RedisOptions = { keyPrefix: 'shop', shards, flushInterval: 0.1, deadAfter: 60, commandTimeout: 30 }
    const writers = Array.from({ length: 6 }, () =>
      participant(stage, redis({ url: cluster.nodes[0]!.url, ...options })),
    )
    const readers: ReturnType<typeof participant>[] = []
    for (const make of Object.values(clients)) {
      const client = await make(stage, ports)
      readers.push(participant(stage, redis({ client, readFrom: client, scrapeTimeout: 30, ...options })))
    }
    let counted = 0
    const shown = readers.map(() => 0)
    const countAndRead = async (): Promise<void> => {
      for (const each of [...writers, ...readers]) {
        counterOf(each, jobs, key).inc(2)
        counted += 2
        await until(() => each.backend.flush(), Boolean)
      }
      for (const [i, reader] of readers.entries()) {
        await until(
          async () => {
            const seen = (await reader.read()).total('jobs_total') ?? 0
            expect(seen).toBeGreaterThanOrEqual(shown[i]!)
            shown[i] = seen
            return seen
          },
          (seen) => seen === counted,
        )
      }
    }
    await countAndRead()
    const replicas = await Promise.all(shardKeys.map(async (each) => cluster.replicaOf(await cluster.masterOf(each))))
    for (const replica of replicas) expect(await readsOf(replica)).toBeGreaterThan(0)

    await cluster.failOver(shardKeys[1]!, 'asking')
    await countAndRead()
    await cluster.failOver(shardKeys[2]!, 'killing')
    await countAndRead()
  })
})

/** How many scripts that only read a server has run. */
async function readsOf(server: RedisServer): Promise<number> {
  const info = String(await server.ask('INFO', 'commandstats'))
  return [...info.matchAll(/cmdstat_eval(?:sha)?_ro:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0)
}
