import { describe, expect } from 'vitest'
import { Slices } from '../../src/platform/slices.js'
import type { Pause } from '../../src/store/contract.js'
import { Folding } from '../../src/store/redis/fold.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'
import { flushAll, SimulatedReader, SimulatedWriter, simulatedService } from '../helpers/redis/simulated-writers.js'

describe.skipIf(!hasRedis)('folding', () => {
  test('is done by one process for all: each ledger is read once, and the totals are written in batches', async ({
    stage,
  }) => {
    const server = await RedisServer.start(stage)
    const service = simulatedService(stage, server.url)
    const writers = Array.from({ length: 60 }, () => new SimulatedWriter(service))
    for (const writer of writers) for (let i = 0; i < 500; i++) writer.count(1, `series ${i}`)
    for (const writer of writers) await writer.leave()
    const stored = Number(/used_memory_dataset:(\d+)/.exec(String(await server.ask('INFO', 'memory')))?.[1])
    await server.ask('CONFIG', 'RESETSTAT')
    const folds = await Promise.all(Array.from({ length: 6 }, () => new Folding(service).run(new Slices())))
    const stats = String(await server.ask('INFO', 'stats'))
    const sent = Number(/total_net_output_bytes:(\d+)/.exec(stats)?.[1])
    expect(folds.filter(({ ledgers }) => ledgers > 0)).toHaveLength(1)
    expect(folds.reduce((sum, { ledgers }) => sum + ledgers, 0)).toBe(60)
    expect(folds.reduce((sum, { batches }) => sum + batches, 0)).toBeLessThanOrEqual(4)
    expect(sent).toBeLessThan(stored)
    expect(await server.ask('HKEYS', '{promhive}:ledgers')).toEqual(['totals:'])
    expect(await new SimulatedReader(service).total()).toBe(60 * 500)
  })

  test('continues when another process requests it, which does not wait for it', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const service = simulatedService(stage, server.url)
    const [first, second] = [new SimulatedWriter(service), new SimulatedWriter(service)]
    for (const writer of [first, second]) writer.count(1)
    await first.leave()
    let waits = false
    let goOn = (): void => {}
    const held: Pause = {
      due: () => !waits,
      rest: () => {
        waits = true
        return new Promise((resolve) => {
          goOn = resolve
        })
      },
    }
    const folding = new Folding(service).run(held)
    await until(() => waits, Boolean)
    await second.leave()
    expect(await new Folding(service).run(new Slices())).toEqual({ ledgers: 0, batches: 0 })
    goOn()
    expect((await folding).ledgers).toBe(2)
    expect(await server.ask('HKEYS', '{promhive}:ledgers')).toEqual(['totals:'])
    expect(await server.ask('HGET', '{promhive}:state', 'lease')).toBeNull()
  })

  test('is taken over from a process that died over it', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const service = simulatedService(stage, server.url)
    const writer = new SimulatedWriter(service)
    writer.count(5)
    await writer.leave()
    const lease = (ends: number) => server.ask('HSET', '{promhive}:state', 'lease', `another ${ends}`)
    await lease(Date.now() + 5_000)
    expect((await new Folding(service).run(new Slices())).ledgers).toBe(0)
    await lease(Date.now() - 1)
    expect((await new Folding(service).run(new Slices())).ledgers).toBe(1)
    // A clock that was set back leaves a lease that would last for hours.
    writer.count(5)
    await writer.leave()
    await lease(Date.now() + 3_600_000)
    expect((await new Folding(service).run(new Slices())).ledgers).toBe(1)
    expect(await new SimulatedReader(service).total()).toBe(10)
  })

  test('skips ledgers that it cannot read, and no flush looks for them again', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const service = simulatedService(stage, server.url)
    const writer = new SimulatedWriter(service)
    writer.count(3)
    await writer.flush()
    const later = '7 1 0 1 0 {"format":2,"kind":"writer","instance":"host","startedAt":1,"epoch":1}'
    for (const [id, entry] of Object.entries({ later, stranger: 'hello' })) {
      await server.ask('HSET', '{promhive}:ledgers', id, entry)
      await server.ask('ZADD', '{promhive}:beats', '1', id)
    }
    // A beat without an entry.
    await server.ask('ZADD', '{promhive}:beats', '1', 'gone')
    expect(await writer.flusher.flush()).not.toBe(0)
    expect((await new Folding(service).run(new Slices())).ledgers).toBe(0)
    const answer = (await writer.flusher.flush()) as unknown
    expect(typeof answer === 'number' ? answer : (answer as { dead: number }).dead).toBe(0)
    const reader = new SimulatedReader(service)
    expect(await reader.total()).toBe(3)
    expect(reader.shelf.unreadable).toBe(2)
    expect(await server.ask('HGET', '{promhive}:ledgers', 'later')).toBe(later)
  })

  test('of 600 writers that die together is exact, and leaves one ledger', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const service = simulatedService(stage, server.url, { deadAfter: 1_000 })
    const writers = Array.from({ length: 600 }, (_, i) => new SimulatedWriter(service, `host ${i % 20}`))
    for (const [i, writer] of writers.entries()) writer.count(1 + i, `series ${i % 7}`)
    await flushAll(writers)
    const reader = new SimulatedReader(service)
    const expected = (600 * 601) / 2
    let folded = 0
    await until(
      async () => {
        folded += (await new Folding(service).run(new Slices())).ledgers
        expect(await reader.total()).toBe(expected)
        return reader.shelf.entries.size
      },
      (size) => size === 1,
    )
    expect(folded).toBeGreaterThanOrEqual(600)
    expect(((await server.ask('KEYS', '*')) as string[]).length).toBeLessThanOrEqual(10)
  })
})
