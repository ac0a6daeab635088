import { Redis } from 'ioredis'
import { describe, expect } from 'vitest'
import { Slices } from '../../src/platform/slices.js'
import { Folding } from '../../src/store/redis/fold.js'
import { sendPiece } from '../../src/store/redis/piece-script.js'
import { restore } from '../../src/store/redis/restore-scripts.js'
import type { ScriptConnection } from '../../src/store/redis/script.js'
import type { ServiceSnapshotOptions } from '../../src/store/redis/service-snapshot.js'
import { sourceOf } from '../../src/store/redis/service-source.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { intercepted } from '../helpers/redis/intercepted.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'
import { SimulatedReader, SimulatedWriter, simulatedService } from '../helpers/redis/simulated-writers.js'

describe.skipIf(!hasRedis)('Redis that comes back empty', () => {
  test('has no total go back, whichever process is scraped', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const options = JSON.stringify({ flushInterval: 0.5, deadAfter: 8 })
    const start = () => stage.start('redis-actor.mjs', { args: ['url', server.url, options] })
    const [seen, unseen, other, ends] = await Promise.all([start(), start(), start(), start()])
    for (const actor of [seen, unseen, other, ends]) {
      await actor.ask('count', 'jobs_total', {}, 100)
      await actor.ask('setGauge', 'level', 'livesum', 1)
      expect(await actor.ask('flush')).toBe(true)
    }
    await ends.ask('close')
    await until(
      async () => new Exposition(await seen.ask('scrape')).value('level'),
      (level) => level === 3,
    )
    for (let round = 0; round < 2; round++) {
      await server.ask('FLUSHALL')
      // A process that has read the others restores them, whichever is scraped first.
      for (const actor of round === 0 ? [seen, unseen, other] : [other, seen, unseen]) {
        const scrape = new Exposition(await actor.ask('scrape'))
        expect(scrape.value('jobs_total')).toBe(400)
        expect(scrape.value('level')).toBe(3)
      }
    }
    await seen.ask('count', 'jobs_total', {}, 1)
    await seen.ask('flush')
    for (const actor of [seen, unseen, other])
      expect(new Exposition(await actor.ask('scrape')).value('jobs_total')).toBe(401)
    for (const actor of [seen, unseen, other]) expect(await actor.ask('faults')).toEqual([])
  })

  test('gets the totals of dead processes restored once, by one of all that have read them', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const service = simulatedService(stage, server.url, { settle: 50 })
    const [dead, stays, late] = [1, 2, 3].map(() => new SimulatedWriter(service))
    for (const [i, writer] of [dead!, stays!, late!].entries()) {
      writer.count(10 ** i, 'a')
      await writer.flush()
    }
    await dead!.leave()
    await new Folding(service).run(new Slices())
    const readers = Array.from({ length: 5 }, () => new SimulatedReader(service))
    for (const reader of readers) expect(await reader.total()).toBe(111)
    await server.ask('FLUSHALL')
    await stays!.flush()
    for (const total of await Promise.all(readers.map((reader) => reader.total()))) expect(total).toBe(111)
    await new Folding(service).run(new Slices())
    for (const total of await Promise.all(readers.map((reader) => reader.total()))) expect(total).toBe(111)
    // A writer that is late sends its own counts instead of those that were restored for it.
    late!.count(1000, 'b')
    await late!.flush()
    for (const writer of [stays!, late!]) await writer.leave()
    await new Folding(service).run(new Slices())
    for (const reader of [...readers, new SimulatedReader(service)]) expect(await reader.total()).toBe(1111)
    expect(await server.ask('HKEYS', '{promhive}:ledgers')).toEqual(['totals:'])
  })
})

/** A service whose totals have 100 of a dead writer and 1 of a living one, and as many readers that have seen that. */
async function seenService(stage: Stage, server: RedisServer, readers: readonly ServiceSnapshotOptions[]) {
  const service = simulatedService(stage, server.url, { settle: 20 })
  const [dead, living] = [new SimulatedWriter(service), new SimulatedWriter(service)]
  dead.count(100)
  living.count(1)
  for (const writer of [dead, living]) await writer.flush()
  await dead.leave()
  const fold = async () => void (await new Folding(service).run(new Slices()))
  await fold()
  const seen = readers.map((options) => new SimulatedReader(options))
  for (const reader of seen) expect(await reader.total()).toBe(101)
  const empty = async () => {
    await server.ask('FLUSHALL')
    await living.flush()
  }
  return { service, living, seen, fold, empty, anew: () => new SimulatedReader(service) }
}

describe.skipIf(!hasRedis)('the restoration of what Redis has lost', () => {
  const options = (stage: Stage, server: RedisServer) => simulatedService(stage, server.url, { settle: 20 })

  test('continues where it failed', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    let failures = 1
    const flaky = intercepted(options(stage, server), (script) => {
      if (script === restore && failures-- > 0) throw new Error('no answer within 2 s')
    })
    const { seen, empty, anew } = await seenService(stage, server, [flaky, options(stage, server)])
    await empty()
    await expect(seen[0]!.total()).rejects.toThrow('no answer within 2 s')
    for (const reader of [...seen, anew()]) expect(await reader.total()).toBe(101)
  })

  test('delays the others, and is taken over when its process has ended', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const ends = intercepted(options(stage, server), (script) => {
      if (script === restore) throw new Error('this process has ended')
    })
    const { seen, empty, anew } = await seenService(stage, server, [ends, options(stage, server)])
    await empty()
    await expect(seen[0]!.total()).rejects.toThrow('this process has ended')
    await expect(seen[1]!.total()).rejects.toThrow('another process is restoring the totals')
    const [born, owner, until] = String(await server.ask('HGET', '{promhive}:state', 'restoring')).split(' ')
    expect(born).toBe(seen[0]!.shelf.born)
    const [now] = (await server.ask('TIME')) as string[]
    expect(Number(until) - Number(now) * 1000).toBeLessThanOrEqual(11_000)
    await server.ask('HSET', '{promhive}:state', 'restoring', `${born} ${owner} 1`)
    expect(await seen[1]!.total()).toBe(101)
    expect(await seen[0]!.total()).toBe(101)
    expect(await anew().total()).toBe(101)
  })

  test('ends for a process that is overtaken, and writes nothing more', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    let release = () => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    let isHeld = false
    const slow = intercepted(options(stage, server), (script) => {
      if (script !== restore) return
      isHeld = true
      return released
    })
    const { seen, empty, fold, anew } = await seenService(stage, server, [slow, options(stage, server)])
    await empty()
    const held = seen[0]!.total().catch(String)
    await until(
      () => isHeld,
      (is) => is,
    )
    await server.ask('HSET', '{promhive}:state', 'restoring', `${seen[0]!.shelf.born} stalled 1`)
    expect(await seen[1]!.total()).toBe(101)
    await fold()
    // The tombstones of folded writers expire after a while.
    await server.ask('DEL', '{promhive}:folded')
    release()
    expect(await held).toContain('another process has taken over')
    for (const reader of [...seen, anew()]) expect(await reader.total()).toBe(101)
  })

  test('writes only the missing ledgers, many at a time', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const service = options(stage, server)
    const writers = Array.from({ length: 100 }, () => new SimulatedWriter(service))
    for (const writer of writers) writer.count(1)
    for (const writer of writers) await writer.flush()
    let sent = 0
    let under = 0
    let most = 0
    const { connection } = service
    const run: ScriptConnection['run'] = async (...call) => {
      if (call[0] !== restore) return connection.run(...call)
      sent++
      most = Math.max(most, ++under)
      return connection.run(...call).finally(() => under--)
    }
    const reader = new SimulatedReader({ ...service, connection: { run, close: () => connection.close() } })
    expect(await reader.total()).toBe(100)
    await server.ask('FLUSHALL')
    for (const writer of writers.slice(0, 40)) await writer.flush()
    expect(await reader.total()).toBe(100)
    expect(sent).toBe(60)
    expect(most).toBeGreaterThan(8)
    expect(most).toBeLessThanOrEqual(32)
  })

  for (const order of ['the newer', 'the older'])
    test(`is done once when Redis has come back empty twice, and ${order} view comes first`, async ({ stage }) => {
      const server = await RedisServer.start(stage)
      const { seen, empty, fold, anew } = await seenService(stage, server, [
        options(stage, server),
        options(stage, server),
      ])
      await empty()
      expect(await seen[0]!.total()).toBe(101)
      await fold()
      expect(await seen[0]!.total()).toBe(101)
      await empty()
      for (const reader of order === 'the newer' ? seen : seen.toReversed()) expect(await reader.total()).toBe(101)
      await fold()
      for (const reader of [...seen, anew()]) expect(await reader.total()).toBe(101)
    })

  test('leaves a state as it is that has come back from a backup', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const client = new Redis(server.url)
    stage.after(() => client.disconnect())
    const { seen, empty, fold, living, anew } = await seenService(stage, server, [options(stage, server)])
    const backup: [string, Buffer][] = []
    for (const key of await client.keys('*')) backup.push([key, (await client.dumpBuffer(key))!])
    await empty()
    expect(await seen[0]!.total()).toBe(101)
    await server.ask('FLUSHALL')
    for (const [key, bytes] of backup) await client.restore(key, 0, bytes)
    living.count(5)
    await living.flush()
    expect(await seen[0]!.total()).toBe(106)
    await fold()
    for (const reader of [...seen, anew()]) expect(await reader.total()).toBe(106)
  })

  test('leaves the pieces of a living writer alone', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    let last = ''
    const done = new Set<string>()
    // Each sends a piece after the other one has.
    const inTurns = (name: string) =>
      intercepted(options(stage, server), async (script) => {
        if (script !== sendPiece || !taking) return
        await until(
          () => last !== name || done.size > 0,
          (is) => is,
        )
        last = name
      })
    let taking = false
    const writer = new SimulatedWriter(inTurns('writer'))
    const reader = new SimulatedReader(inTurns('reader'))
    for (let i = 0; i < 3000; i++) writer.count(1, `${'a long label '.repeat(30)}${i}`)
    await writer.flush()
    expect(await reader.total()).toBe(3000)
    await server.ask('FLUSHALL')
    taking = true
    last = 'writer'
    const both = [reader.total().finally(() => done.add('reader')), writer.flush().finally(() => done.add('writer'))]
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
    expect(await reader.total()).toBe(3000)
  })

  test('is done by the process whose view is the newest', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const { seen, empty, fold, service, anew } = await seenService(stage, server, [
      options(stage, server),
      options(stage, server),
    ])
    const [old, fresh] = seen as [SimulatedReader, SimulatedReader]
    // It was scraped an hour ago.
    old.shelf.readAt -= 3_600_000
    const later = new SimulatedWriter(service)
    later.count(1000)
    await later.leave()
    await fold()
    expect(await fresh.total()).toBe(1101)
    await empty()
    await expect(old.total()).rejects.toThrow('goes first')
    for (const reader of [fresh, old, anew()]) expect(await reader.total()).toBe(1101)
  })

  test('is tried again by a process that is not scraped', async () => {
    const answers = [false, false, true]
    const service = { snapshots: () => ({ isAnyRead: true, areRead: false }) } as unknown as Parameters<
      typeof sourceOf
    >[0]
    sourceOf(service, async () => ({ writers: [], errors: [], reachable: answers.shift()! }))
    await service.restore!()
    expect(answers).toEqual([])
  })
})

describe.skipIf(!hasRedis)('a process that has flushed and was never scraped', () => {
  test('shows its own counts when Redis is away', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const actor = await stage.start('redis-actor.mjs', {
      args: ['url', server.url, JSON.stringify({ flushInterval: 0.2 })],
    })
    await actor.ask('count', 'jobs_total', {}, 7)
    expect(await actor.ask('flush')).toBe(true)
    await server.kill()
    const text = await actor.ask<string>('scrape')
    expect(new Exposition(text).value('jobs_total')).toBe(7)
    expect(text).toContain('\npromhive_backend_up 0\n')
  })
})
