import { describe, expect } from 'vitest'
import { type RedisMetrics, redis } from '../../src/redis.js'
import { Participant } from '../../src/testing/conformance.js'
import { counterOf, gaugeOf, histogramOf } from '../../src/testing/counted.js'
import { counterFamily, histogramFamily } from '../../src/testing/families.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { pause, until } from '../helpers/processes/until.js'
import { ways } from '../helpers/redis/clients.js'
import { LossyProxy } from '../helpers/redis/lossy-proxy.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const jobs = counterFamily('jobs_total')
const seconds = histogramFamily('duration_seconds', [1, 10])
const key = JSON.stringify(['a'])
const patience = 120_000

describe.skipIf(!hasRedis).each(Object.keys(ways))('answers that are lost, over %s', (way) => {
  test('make nothing count twice and nothing be forgotten', { timeout: patience }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const proxy = await LossyProxy.start(stage, server.port)
    const writer = participant(stage, redis({ ...(await ways[way]!(stage, proxy.url)), flushInterval: 0.05 }))
    const reader = participant(stage, redis({ url: server.url }))
    const job = counterOf(writer, jobs, key)
    const duration = histogramOf(writer, seconds, key)
    let counted = 0
    let shown = 0
    for (let round = 0; round < 20; round++) {
      if (round % 3 === 0) proxy.loseAnswers()
      else if (round % 3 === 1) proxy.cut()
      for (let i = 0; i < 5; i++) {
        job.inc(7)
        duration.observe(2)
        counted++
        await pause(15)
      }
      const scrape = await reader.read()
      const value = scrape.value('jobs_total{text="a"}') ?? 0
      expect(value, 'goes back').toBeGreaterThanOrEqual(shown)
      expect(value, 'counts twice').toBeLessThanOrEqual(counted * 7)
      expect(value % 7, 'is torn').toBe(0)
      shown = value
      proxy.heal()
      if (round % 5 === 0) await until(() => (writer.backend as RedisMetrics).flush(), Boolean)
    }
    await until(() => (writer.backend as RedisMetrics).flush(), Boolean)
    const scrape = await reader.read()
    expect(proxy.lost).toBeGreaterThan(0)
    expect(scrape.value('jobs_total{text="a"}')).toBe(counted * 7)
    expect(scrape.value('duration_seconds_sum{text="a"}')).toBe(counted * 2)
    expect(scrape.value('duration_seconds_count{text="a"}')).toBe(counted)
    // The writer and the reader: no flush has made another of either.
    expect(scrape.writers).toHaveLength(2)
  })
})

describe.skipIf(!hasRedis)('a writer that was taken for dead', () => {
  test('goes on with what the totals do not have yet', { timeout: patience }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const proxy = await LossyProxy.start(stage, server.port)
    const options = { flushInterval: 0.05, deadAfter: 0.4 }
    const slow = participant(stage, redis({ ...(await ways.ioredis!(stage, proxy.url)), ...options }))
    const other = participant(stage, redis({ url: server.url, ...options }))
    const job = counterOf(slow, jobs, key)
    const level = gaugeOf(slow, 'level', 'livesum', key)
    const sum = gaugeOf(slow, 'sum', 'sum', key)
    for (let round = 1; round <= 5; round++) {
      job.inc(10)
      level.set(round)
      sum.set(round * 100)
      await until(() => (slow.backend as RedisMetrics).flush(), Boolean)
      // Every other time a last flush is taken, and nobody knows.
      if (round % 2 === 0) {
        proxy.loseAnswers()
        job.inc(5)
        void (slow.backend as RedisMetrics).flush()
        await until(
          () => proxy.lost,
          (lost) => lost > 0,
        )
        proxy.lost = 0
      }
      proxy.cut()
      job.inc(1)
      const dead = await until(
        () => other.read(),
        ({ writers }) => writers.filter(({ seat }) => seat > 0).length === 1,
      )
      const expected = round * 10 + Math.floor(round / 2) * 5 + round - 1
      // What was lost may have been the answer to a flush before the five: then they are not sent yet.
      const unsent = round % 2 === 0 ? [expected - 5] : []
      expect([expected, ...unsent]).toContain(dead.value('jobs_total{text="a"}'))
      expect(dead.value('sum{text="a"}')).toBe(round * 100)
      expect(dead.value('level{text="a"}')).toBeUndefined()
      proxy.heal()
      await until(() => (slow.backend as RedisMetrics).flush(), Boolean)
      const back = await other.read()
      expect(back.value('jobs_total{text="a"}')).toBe(expected + 1)
      expect(back.value('sum{text="a"}')).toBe(round * 100)
      expect(back.value('level{text="a"}')).toBe(round)
    }
  })
})

function participant(stage: Stage, backend: RedisMetrics): Participant {
  const made = new Participant(backend)
  stage.after(() => made.end())
  return made
}
