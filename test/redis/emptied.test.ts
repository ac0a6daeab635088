import { describe, expect } from 'vitest'
import { Slices } from '../../src/runtime/slices.js'
import { Folding } from '../../src/store/redis/fold.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
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
      // A process that has seen the others restores what is missing, whichever is scraped first.
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

  test('has what the dead have left restored once, by one of all that have seen it', async ({ stage }) => {
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
    // A writer that is late sends what it has in place of what was restored for it.
    late!.count(1000, 'b')
    await late!.flush()
    for (const writer of [stays!, late!]) await writer.leave()
    await new Folding(service).run(new Slices())
    for (const reader of [...readers, new SimulatedReader(service)]) expect(await reader.total()).toBe(1111)
    expect(await server.ask('HKEYS', '{promhive}:ledgers')).toEqual(['totals:'])
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
