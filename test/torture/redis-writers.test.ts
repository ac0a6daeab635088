import { describe, expect } from 'vitest'
import { Slices } from '../../src/platform/slices.js'
import { Folding } from '../../src/store/redis/fold.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'
import { flushAll, SimulatedReader, SimulatedWriter, simulatedService } from '../helpers/redis/simulated-writers.js'

describe.skipIf(!hasRedis)('10,000 writers in one Redis', () => {
  test('flush and are scraped without an error; when all of them die, their totals stay', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const service = simulatedService(stage, server.url, { deadAfter: 600_000 })
    const writers = Array.from({ length: 10_000 }, (_, i) => new SimulatedWriter(service, `host ${i % 1000}`))
    for (const [i, writer] of writers.entries()) for (let j = 0; j < 5; j++) writer.count(1, `series ${(i + j) % 200}`)
    await timed('first flushes', () => flushAll(writers))
    const reader = new SimulatedReader(service)
    expect(await timed('cold scrape', () => reader.total())).toBe(50_000)
    for (const writer of writers) writer.count(1, 'series 1')
    await timed('later flushes', () => flushAll(writers))
    expect(await timed('warm scrape', () => reader.total())).toBe(60_000)
    await server.ask('CONFIG', 'SET', 'slowlog-log-slower-than', '20000')
    await server.ask('SLOWLOG', 'RESET')
    const dying = simulatedService(stage, server.url, { deadAfter: 1 })
    let folded = 0
    const foldAll = () =>
      until(
        async () => {
          folded += (await new Folding(dying).run(new Slices())).ledgers
          return folded
        },
        (count) => count >= 10_000,
      )
    const [, last] = await Promise.all([timed('folding', foldAll), reader.total()])
    expect(last).toBe(60_000)
    expect(await timed('scrape of the totals', () => new SimulatedReader(dying).total())).toBe(60_000)
    const keys = (await server.ask('KEYS', '*')) as string[]
    expect(keys.length).toBeLessThanOrEqual(10)
    console.log(`slower than 20 ms: ${JSON.stringify(await server.ask('SLOWLOG', 'LEN'))}, keys: ${keys.length}`)
  })
})

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const result = await work()
  console.log(`${what}: ${((performance.now() - began) / 1000).toFixed(2)} s`)
  return result
}
