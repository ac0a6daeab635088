import { describe, expect } from 'vitest'
import { Slices } from '../../src/platform/slices.js'
import { Folding } from '../../src/store/redis/fold.js'
import { test } from '../helpers/processes/stage.js'
import { pause } from '../helpers/processes/until.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'
import { flushAll, SimulatedReader, SimulatedWriter, simulatedService } from '../helpers/redis/simulated-writers.js'

describe.skipIf(!hasRedis)('reading in chunks', () => {
  test('shows each count once while writers come, die, are folded and come back', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const service = simulatedService(stage, server.url, { deadAfter: 40 })
    // So small that each reading takes many calls, and folds often happen between them.
    const readers = Array.from({ length: 3 }, (_, i) => {
      const chunks = { entries: 1 + i, removals: 1, ledgers: 1 + i, bytes: 2000 << i }
      return new SimulatedReader(simulatedService(stage, server.url, { deadAfter: 40, chunks }))
    })
    const writers: SimulatedWriter[] = []
    const sum = (what: 'counted' | 'acknowledged') => writers.reduce((total, writer) => total + writer[what], 0)
    let folded = 0
    const reads = readers.map(() => 0)
    // On a busy machine, writers are folded faster than readers in such small chunks can follow: then it ends earlier.
    const end = Date.now() + 10_000
    const isOver = () => (folded >= 40 && Math.min(...reads) >= 3) || Date.now() > end
    const counting = async (n: number): Promise<void> => {
      for (let i = 0; !isOver(); i++) {
        const instance = `host ${(n + i) % 4}`
        const writer = new SimulatedWriter(service, instance)
        writers.push(writer)
        for (let j = 0; j < 6 && !isOver(); j++) {
          for (let k = 0; k <= j; k++) writer.count(1 + k, `series ${(i + k) % 60} ${'x'.repeat(n)}`)
          await writer.flush()
          // Some are silent for so long that they are folded, and come back.
          await pause(j === 3 ? 120 : 5)
        }
        if (i % 3 === 0) await writer.leave()
      }
    }
    const folding = async (): Promise<void> => {
      while (!isOver()) {
        folded += (await new Folding(service).run(new Slices())).ledgers
        await pause(50)
      }
    }
    const reading = async (reader: SimulatedReader, n: number): Promise<void> => {
      for (let last = 0; !isOver(); reads[n]!++) {
        const least = Math.max(last, sum('acknowledged'))
        last = await reader.total()
        expect(last).toBeGreaterThanOrEqual(least)
        expect(last).toBeLessThanOrEqual(sum('counted'))
      }
    }
    await Promise.all([...[1, 2, 3, 4].map(counting), folding(), folding(), ...readers.map(reading)])
    await Promise.all(writers.map((writer) => writer.flush()))
    for (const reader of readers) expect(await reader.total()).toBe(sum('counted'))
  })

  test('has no limit of writers: 3,000 of them, then their totals', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const service = simulatedService(stage, server.url)
    const writers = Array.from({ length: 3_000 }, (_, i) => new SimulatedWriter(service, `host ${i % 100}`))
    for (const writer of writers) writer.count(1, `series ${writers.indexOf(writer) % 50}`)
    await flushAll(writers)
    const reader = new SimulatedReader(service)
    expect(await reader.total()).toBe(3_000)
    for (const writer of writers.slice(0, 10)) {
      writer.count(7)
      await writer.flush()
    }
    expect(await reader.total()).toBe(3_070)
    expect(reader.shelf.ledgers.size).toBe(3_000)
  })
})
