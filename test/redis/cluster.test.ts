import { describe, expect } from 'vitest'
import { Exposition } from '../helpers/processes/exposition.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { RedisCluster } from '../helpers/redis/redis-cluster.js'
import { hasRedis } from '../helpers/redis/redis-server.js'

const timeout = 240_000
const kinds = ['ioredis-cluster', 'redis-cluster', 'url', 'url']

describe.skipIf(!hasRedis)('a Redis Cluster of six nodes', () => {
  test('keeps two applications apart, and a shard that fails over loses nothing', { timeout }, async ({ stage }) => {
    const cluster = await RedisCluster.start(stage)
    const applications = await Promise.all(
      ['shop', 'bank'].map(async (keyPrefix) => {
        // No process dies here, or counts as dead because the machine is busy.
        const options = JSON.stringify({ keyPrefix, flushInterval: 0.2, deadAfter: 30 })
        const where = (kind: string, i: number): string => (kind === 'url' ? cluster.nodes[i]!.url : cluster.ports)
        const args = (kind: string, i: number): string[] => [kind, where(kind, i), options]
        const start = (kind: string, i: number) => stage.start('redis-actor.mjs', { args: args(kind, i) })
        const actors = await Promise.all(kinds.map(start))
        return { keyPrefix, actors, counted: 0 }
      }),
    )
    const count = async (times: number): Promise<void> => {
      for (const application of applications) {
        for (const [i, actor] of application.actors.entries()) {
          await actor.ask('count', 'jobs_total', { who: String(i) }, times)
          await actor.ask('observe', 'duration_seconds', {}, times)
        }
        application.counted += times * application.actors.length
        times *= 2
      }
    }
    const settle = async (): Promise<void> => {
      for (const { actors, counted } of applications) {
        for (const actor of actors) {
          const scrape = await until(
            async () => {
              await actor.ask('flush')
              return new Exposition(await actor.ask('scrape'))
            },
            (seen) => seen.total('jobs_total') >= counted && seen.value('duration_seconds_count')! >= counted,
          )
          expect(scrape.total('jobs_total')).toBe(counted)
          expect(scrape.value('duration_seconds_count')).toBe(counted)
        }
      }
    }
    await count(10)
    await settle()

    const master = (await until(
      () => cluster.masterOf('{shop}:ledgers').catch(() => undefined),
      (found) => found !== undefined,
    ))!
    await master.kill()
    // Counting continues while the shard has no master.
    for (let i = 0; i < 5; i++) await count(3)
    await until(
      () => cluster.masterOf('{shop}:ledgers').catch(() => undefined),
      (found) => found !== undefined && found !== master,
    )
    await settle()
    await master.launch(false)
    await count(7)
    await settle()
  })
})
