import { describe, expect } from 'vitest'
import { promhive, promhiveServe } from '../helpers/processes/command.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'
import { ledgersOf, startWriters } from '../helpers/redis/sharded.js'

const shards = 3

describe.skipIf(!hasRedis)('the commands with a service of several shards', () => {
  test('read and keep all shards, without an option for it', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const shop = ['--redis', server.url, '--prefix', 'shop']
    const { actor, count } = await startWriters(stage, server, { shards, keyPrefix: 'shop', deadAfter: 1 })
    await actor.ask('countEach', 'mail', 10)
    await until(
      () => actor.ask<boolean[]>('flushEach'),
      (flushed) => flushed.every(Boolean),
    )
    const inspected = await promhive(stage, ['inspect', '--json', ...shop])
    const { ledgers } = JSON.parse(inspected.output) as { ledgers: { kind: string; shard: number }[] }
    expect(inspected.code).toBe(0)
    expect(ledgers.filter(({ kind }) => kind === 'writer')).toHaveLength(count)
    expect(new Set(ledgers.map(({ shard }) => shard))).toEqual(new Set([0, 1, 2]))

    const served = await promhiveServe(stage, [...shop, '--dead-after', '1', '--expire-key-time', '4'])
    expect(await scrapedJobs(served.url)).toBe(10 * count)
    await actor.kill()
    // Every writer is dead: its counts move to the totals of its shard, and are shown all the time.
    await until(
      async () => {
        expect(await scrapedJobs(served.url)).toBe(10 * count)
        return ledgersOf(server, shards, 'shop')
      },
      (names) => names.every((ids) => ids.every((id) => id.startsWith('totals:'))),
    )
    // The keys of every shard would expire 4 s after the last flush.
    const begun = Date.now()
    await until(
      () => scrapedJobs(served.url),
      (jobs) => jobs !== 10 * count || Date.now() - begun > 5_000,
    )
    expect(await scrapedJobs(served.url)).toBe(10 * count)
    expect([await served.stop(), served.errors()]).toEqual([0, ''])
  })
})

async function scrapedJobs(url: string): Promise<number | undefined> {
  const { status, body } = await ask(url)
  expect(status).toBe(200)
  return new Exposition(body).total('jobs_total')
}
