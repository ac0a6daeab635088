import { describe, expect } from 'vitest'
import { Exposition } from '../helpers/processes/exposition.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

describe.skipIf(!hasRedis).each(['redis', 'ioredis', 'url'])('two processes share a Redis, over %s', (kind) => {
  test('and each of them shows the sum of both', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const start = () => stage.start('redis-actor.mjs', { args: [kind, server.url] })
    const [one, two] = [await start(), await start()]
    await one.ask('count', 'jobs_total', {}, 3)
    await two.ask('count', 'jobs_total', {}, 4)
    await one.ask('observe', 'duration_seconds', { path: '/' }, 5, 1)
    for (const actor of [one, two]) await actor.ask('flush')
    for (const actor of [one, two]) {
      const scrape = new Exposition(await actor.ask('scrape'))
      expect(await actor.ask('faults')).toEqual([])
      expect(scrape.value('jobs_total')).toBe(7)
      expect(scrape.value('duration_seconds_count{path="/"}')).toBe(5)
    }
  })
})

describe.skipIf(!hasRedis)('processes that are distinguished by their pid', () => {
  test('are so on every instance: each container has a process 7', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const env = { PROMHIVE_WORKER_LABEL: 'pid' }
    const start = (instance: string, more: object = {}) =>
      stage.start('redis-actor.mjs', {
        args: ['url', server.url, JSON.stringify({ instance, flushInterval: 0.1, ...more })],
        env,
      })
    const actors = [await start('a'), await start('b'), await start('c', { perHost: true, dir: stage.directory() })]
    for (const [i, actor] of actors.entries()) {
      await actor.ask('setGauge', 'each', 'liveall', i)
      await actor.ask('flush')
    }
    const expected = actors.map(({ pid }, i) => [`pid="${'abc'[i]}-${pid}"`, i])
    const scrape = await until(
      async () => new Exposition(await actors[0]!.ask('scrape')),
      (seen) => Object.keys(seen.labelled('each')).length === 3,
    )
    expect(scrape.labelled('each')).toEqual(Object.fromEntries(expected))
  })
})
