import { expect } from 'vitest'
import { type RedisMetrics, redis } from '../../../src/redis.js'
import { Participant } from '../../../src/testing/conformance.js'
import { counterOf, histogramOf } from '../../../src/testing/counted.js'
import { counterFamily, histogramFamily } from '../../../src/testing/families.js'
import type { Stage } from '../processes/stage.js'
import { pause, until } from '../processes/until.js'
import { ways } from './clients.js'
import { LossyProxy } from './lossy-proxy.js'
import { RedisServer } from './redis-server.js'

const jobs = counterFamily('jobs_total')
const seconds = histogramFamily('duration_seconds', [1, 10])
const key = JSON.stringify(['a'])

/** One round in three loses the answers of Redis, one in three the requests to it, and one nothing. */
export async function lostAnswerRounds(stage: Stage, way: string, rounds: number): Promise<{ readonly lost: number }> {
  const server = await RedisServer.start(stage)
  const proxy = await LossyProxy.start(stage, server.port)
  const writer = participant(stage, redis({ ...(await ways[way]!(stage, proxy.url)), flushInterval: 0.05 }))
  const reader = participant(stage, redis({ url: server.url }))
  const job = counterOf(writer, jobs, key)
  const duration = histogramOf(writer, seconds, key)
  let counted = 0
  let shown = 0
  for (let round = 0; round < rounds; round++) {
    const before = proxy.lost
    if (round % 3 === 0) proxy.loseAnswers()
    else if (round % 3 === 1) proxy.cut()
    for (let i = 0; i < 5; i++) {
      job.inc(7)
      duration.observe(2)
      counted++
      await pause(15)
    }
    // Not before one is lost: the client may still be on its way back from the last round.
    if (round % 3 === 0) {
      await until(
        () => proxy.lost,
        (lost) => lost > before,
      )
    }
    const scrape = await reader.read()
    const value = scrape.value('jobs_total{text="a"}') ?? 0
    expect(value, 'goes back').toBeGreaterThanOrEqual(shown)
    expect(value, 'counts twice').toBeLessThanOrEqual(counted * 7)
    expect(value % 7, 'is torn').toBe(0)
    shown = value
    proxy.heal()
    if (round % 5 === 0) await until(() => writer.backend.flush(), Boolean)
  }
  await until(() => writer.backend.flush(), Boolean)
  const scrape = await reader.read()
  expect(proxy.lost).toBeGreaterThan(0)
  expect(scrape.value('jobs_total{text="a"}')).toBe(counted * 7)
  expect(scrape.value('duration_seconds_sum{text="a"}')).toBe(counted * 2)
  expect(scrape.value('duration_seconds_count{text="a"}')).toBe(counted)
  // The writer and the reader: no flush has made another of either.
  expect(scrape.writers).toHaveLength(2)
  return proxy
}

/** A process of an application, and its backend by its own type. */
export function participant(stage: Stage, backend: RedisMetrics): Participant & { readonly backend: RedisMetrics } {
  const made = new Participant(backend)
  stage.after(() => made.end())
  return Object.assign(made, { backend })
}
