import { describe, expect } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const window = { maxAgeSeconds: 600, ageBuckets: 5 }
const p50 = 'lately{quantile="0.5"}'

/** The number of times that a value is observed. */
function times(count: number, value: number): number[] {
  return new Array<number>(count).fill(value)
}

/** Processes that count in one Redis. */
async function service(stage: Stage, given: object = {}) {
  const server = await RedisServer.start(stage)
  const options = JSON.stringify({ flushInterval: 0.1, ...given })
  const start = () => stage.start('redis-actor.mjs', { args: ['url', server.url, options] })
  return { server, start }
}

/** Scrapes until all observations are counted; returns the exposition. */
function counted(actor: Actor, count: number): Promise<Exposition> {
  return until(
    async () => new Exposition(await actor.ask('scrape')),
    (scrape) => scrape.value('lately_count') === count,
  )
}

/** Expects a median within 2 % of the exact one. */
function expectMedian(scrape: Exposition, expected: number): void {
  const shown = scrape.value(p50)!
  expect(Math.abs(shown - expected) / expected, `the median is ${shown}`).toBeLessThanOrEqual(0.02)
}

/** How many writers Redis has; those that ended are in the totals. */
async function writers(server: RedisServer): Promise<number> {
  const ids = (await server.ask('HKEYS', '{promhive}:ledgers')) as string[]
  return ids.filter((id) => !/^(?:totals|kept|restored):/.test(id)).length
}

describe.skipIf(!hasRedis)('a summary with a sliding window in Redis', () => {
  test('is one over all processes, those that ended included', async ({ stage }) => {
    const { server, start } = await service(stage)
    const [a, b, reader] = [await start(), await start(), await start()]
    await a.ask('summarize', 'lately', window, times(10, 1))
    await b.ask('summarize', 'lately', window, times(10, 100))
    const { text } = await counted(reader, 20)
    await a.ask('close')
    await b.ask('close')
    await Promise.all([a.kill(), b.kill()])
    await until(
      () => writers(server),
      (found) => found <= 1,
    )
    expect((await counted(reader, 20)).text).toBe(text)
    await reader.ask('summarize', 'lately', window, times(1, 100))
    const scrape = await counted(reader, 21)
    expectMedian(scrape, 100)
    expect(scrape.value('lately_sum')).toBe(1110)
    expect(await reader.ask('faults')).toEqual([])
  })

  test('counts nothing twice of a process that was taken for dead', async ({ stage }) => {
    const { server, start } = await service(stage, { deadAfter: 1 })
    const [frozen, other] = [await start(), await start()]
    await other.ask('summarize', 'lately', window, times(11, 100))
    await frozen.ask('summarize', 'lately', window, times(10, 1))
    expectMedian(await counted(other, 21), 100)
    frozen.child.kill('SIGSTOP')
    await until(
      () => writers(server),
      (found) => found === 1,
    )
    expectMedian(await counted(other, 21), 100)
    frozen.child.kill('SIGCONT')
    await until(
      () => writers(server),
      (found) => found === 2,
    )
    // Counted twice, ten more would be 1.
    await frozen.ask('summarize', 'lately', window, times(1, 100))
    const scrape = await counted(other, 22)
    expectMedian(scrape, 100)
    expect(scrape.value('lately_sum')).toBe(1210)
  })

  test('is there again when Redis comes back empty', async ({ stage }) => {
    const { server, start } = await service(stage)
    const [a, b] = [await start(), await start()]
    await a.ask('summarize', 'lately', window, times(10, 1))
    await b.ask('summarize', 'lately', window, times(9, 100))
    const { text } = await counted(b, 19)
    await a.ask('close')
    await a.kill()
    await counted(b, 19)
    await until(
      () => writers(server),
      (found) => found === 1,
    )
    await server.ask('FLUSHALL')
    await until(
      () => writers(server),
      (found) => found === 1,
    )
    expect((await counted(b, 19)).text).toBe(text)
  })
})

describe.skipIf(!hasRedis)('a summary with a sliding window of hosts that flush as one', () => {
  test('is one over their processes, living and dead', async ({ stage }) => {
    const directories = [stage.directory(), stage.directory()]
    const server = await RedisServer.start(stage)
    const start = (host: number) => {
      const options = { flushInterval: 0.1, perHost: true, dir: directories[host], instance: `host-${host}` }
      return stage.start('redis-actor.mjs', { args: ['url', server.url, JSON.stringify(options)] })
    }
    const [one, two, three] = [await start(0), await start(0), await start(1)]
    await one.ask('summarize', 'lately', window, times(10, 1))
    await two.ask('summarize', 'lately', window, times(5, 100))
    await three.ask('summarize', 'lately', window, times(6, 100))
    for (const actor of [one, two, three]) expectMedian(await counted(actor, 21), 100)
    await two.kill()
    const scrape = await counted(three, 21)
    expectMedian(scrape, 100)
    expect(scrape.value('lately_sum')).toBe(1110)
  })
})
