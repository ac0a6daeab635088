import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { Exposition, wentBack } from '../helpers/processes/exposition.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'
import { keysOfShards, ledgersOf, scrapeUntil, startWriter, startWriters, writersIn } from '../helpers/redis/sharded.js'
import { tallyOf } from '../helpers/redis/tally.js'

const shards = 3

describe.skipIf(!hasRedis)('a service in three shards', () => {
  test('shows all writers, from a process that has the number and from one that reads it', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const { actor, count } = await startWriters(stage, server, { shards })
    await actor.ask('countEach', 'a', 10)
    await actor.ask('flushEach')
    const readers = [await startWriter(stage, server.url, {}), await startWriter(stage, server.url, { shards })]
    for (const reader of readers) {
      await reader.ask('setGauge', 'each', 'liveall', 1)
      expect(await reader.ask('flush')).toBe(true)
    }
    for (const reader of readers) {
      const text = String(await reader.ask('scrape'))
      const scrape = new Exposition(text)
      expect(scrape.total('jobs_total')).toBe(10 * count)
      expect(Object.keys(scrape.labelled('each'))).toHaveLength(2)
      expect(text).toMatch(/^promhive_redis_shards 3$/m)
      // By their seats: two of one number would be one.
      expect(text).toMatch(new RegExp(`^promhive_writers{state="live"} ${count + 2}$`, 'm'))
      expect(await reader.ask('faults')).toEqual([])
    }
  })

  test('counts everything once while processes restart from one shard to three and back', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const folder = stage.folder()
    const files: string[] = []
    const start = async (count: number): Promise<Actor> => {
      const actor = await startWriter(stage, server.url, { shards: count, instance: `host-${files.length}` })
      files.push(join(folder, String(files.length)))
      await actor.ask('keepCounting', files.at(-1), {})
      return actor
    }
    const readers = [await startWriter(stage, server.url, {}), await startWriter(stage, server.url, { shards })]
    let running = [await start(1), await start(1)]
    let watching = true
    const watch = async (reader: Actor): Promise<void> => {
      let before = new Exposition(await reader.ask('scrape'))
      while (watching) {
        const after = new Exposition(await reader.ask('scrape'))
        expect(wentBack(before, after)).toEqual([])
        before = after
      }
    }
    const watched = Promise.all(readers.map(watch))
    const roll = async (): Promise<void> => {
      for (const count of [3, 3, 1, 1]) {
        const next = await start(count)
        const [first, ...others] = running
        await until(() => first!.ask('pauseCounting'), Boolean)
        await first!.ask('close')
        await first!.kill()
        running = [...others, next]
      }
      for (const actor of running) await until(() => actor.ask('pauseCounting'), Boolean)
    }
    try {
      await Promise.race([roll(), watched])
    } finally {
      watching = false
    }
    await watched
    const { attempted, acknowledged } = tallyOf(files)
    expect(acknowledged).toBe(attempted)
    for (const reader of readers) {
      const scrape = await scrapeUntil(reader, (seen) => seen.value('jobs_total')! >= attempted)
      expect(scrape.value('jobs_total')).toBe(attempted)
      expect(scrape.value('duration_seconds_count')).toBe(attempted)
    }
  })

  test('removes series in all shards, whichever writer removes them', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const { actor, count } = await startWriters(stage, server, { shards })
    const other = await startWriter(stage, server.url, {})
    const countAll = async (): Promise<void> => {
      await actor.ask('countEach', 'a', 1)
      await actor.ask('countEach', 'b', 1)
      for (const queue of ['a', 'b']) await other.ask('count', 'jobs_total', { queue })
      await actor.ask('flushEach')
      await other.ask('flush')
      await scrapeUntil(other, (seen) => seen.total('jobs_total') === 2 * (count + 1))
    }
    const removers = Array.from({ length: count }, (_, i) => (queue: string) => actor.ask('removeFrom', i, queue))
    const last = async (queue: string): Promise<unknown> => {
      await other.ask('remove', 'jobs_total', { queue })
      return other.ask('flush')
    }
    for (const remove of [...removers, last]) {
      await countAll()
      expect(await remove('a')).toBe(true)
      expect(new Exposition(await other.ask('scrape')).labelled('jobs_total')).toEqual({ 'queue="b"': count + 1 })
      expect(await remove('b')).toBe(true)
      // Every writer has applied it: the next counts begin at 0.
      await actor.ask('flushEach')
      await other.ask('flush')
    }
  })

  test('adds dead processes to the totals in each shard, even in one without a writer', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const times = { flushInterval: 0.2, deadAfter: 3 }
    const { actor, count } = await startWriters(stage, server, { shards, ...times, instance: 'gone' })
    await actor.ask('countEach', 'a', 10)
    expect(await actor.ask<boolean[]>('flushEach')).not.toContain(false)
    await actor.kill()
    const reader = await startWriter(stage, server.url, times)
    await until(
      async () => {
        // Scrapes show the dead processes of every shard, before and after they are folded.
        expect(new Exposition(await reader.ask('scrape')).total('jobs_total')).toBe(10 * count)
        return writersIn(server, shards)
      },
      (writers) => writers === 1,
    )
    for (const ids of await ledgersOf(server, shards))
      expect(ids.filter((id) => !id.includes('~'))).toEqual(['totals:'])
  })

  test('keeps what an instance has counted with it, whichever shard its writers are in', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    // Long enough that the reader does not count as dead while the machine is busy: its instance would be gone.
    const options = { shards, scope: 'instance', flushInterval: 0.2, deadAfter: 5 }
    const { actor, count } = await startWriters(stage, server, { ...options, instance: 'a' })
    const reader = await startWriter(stage, server.url, { ...options, instance: 'a' })
    const other = await startWriter(stage, server.url, { ...options, instance: 'b' })
    await actor.ask('countEach', 'a', 10)
    await actor.ask('flushEach')
    // From here on, the instance has another living writer.
    expect(new Exposition(await reader.ask('scrape')).total('jobs_total')).toBe(10 * count)
    await other.ask('count', 'jobs_total', { queue: 'a' }, 10)
    await actor.kill()
    await until(
      async () => {
        expect(new Exposition(await reader.ask('scrape')).total('jobs_total')).toBe(10 * count)
        return writersIn(server, shards)
      },
      (writers) => writers === 2,
    )
    expect(new Exposition(await reader.ask('scrape')).total('jobs_total')).toBe(10 * count)
    expect(new Exposition(await other.ask('scrape')).total('jobs_total')).toBe(10)
  })

  test('continues the ledger of a host in its shard, whichever number its processes have', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const dirs = Array.from({ length: 3 }, () => stage.directory())
    const start = (host: number, count: number): Promise<Actor> =>
      startWriter(stage, server.url, {
        ...{ shards: count, perHost: true, dir: dirs[host], instance: `host-${host}` },
        ...{ flushInterval: 0.2, deadAfter: 20 },
      })
    let counted = 0
    let leaders: Actor[] = []
    for (const count of [3, 1, 3]) {
      const next = await Promise.all(dirs.map((_, host) => start(host, count)))
      for (const [host, actor] of next.entries()) {
        await actor.ask('count', 'jobs_total', {}, 10)
        await actor.ask('setGauge', 'each', 'liveall', host)
        counted += 10
      }
      for (const actor of leaders) await actor.kill()
      leaders = next
      for (const actor of leaders) {
        const scrape = await scrapeUntil(actor, (seen) => seen.value('jobs_total')! >= counted)
        expect(scrape.value('jobs_total')).toBe(counted)
        // One process of each host, under a number of its own.
        const each = await scrapeUntil(actor, (seen) => Object.keys(seen.labelled('each')).length === dirs.length)
        expect(Object.values(each.labelled('each')).sort()).toEqual([0, 1, 2])
      }
    }
    expect((await ledgersOf(server, shards)).flat().filter((id) => id.startsWith('host:'))).toHaveLength(dirs.length)
  })

  test('shows no less when Redis comes back empty, or one shard of it', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const { actor, count } = await startWriters(stage, server, { shards })
    const gone = await startWriters(stage, server, { shards })
    const readers = [await startWriter(stage, server.url, {}), await startWriter(stage, server.url, { shards })]
    for (const each of [actor, gone.actor]) {
      await each.ask('countEach', 'a', 10)
      await each.ask('flushEach')
    }
    const all = 10 * (count + gone.count)
    for (const reader of readers) await scrapeUntil(reader, (seen) => seen.total('jobs_total') === all)
    const lose = [
      ...keysOfShards(shards).map((keys) => async () => {
        const found = (await server.ask('KEYS', `${keys.ledgers.slice(0, -'ledgers'.length)}*`)) as string[]
        await server.ask('DEL', ...found)
      }),
      () => server.ask('FLUSHALL'),
    ]
    for (const each of lose) {
      await each()
      for (let i = 0; i < 10; i++) {
        for (const reader of readers) expect(new Exposition(await reader.ask('scrape')).total('jobs_total')).toBe(all)
      }
    }
    // The number of shards is recorded again, for processes that are started later.
    await until(
      () => server.ask('HGET', keysOfShards(1)[0]!.state, 'shards'),
      (recorded) => recorded === '3',
    )
  })
})
