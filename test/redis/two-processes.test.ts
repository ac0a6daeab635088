import { describe, expect } from 'vitest'
import { Exposition } from '../helpers/processes/exposition.js'
import { test } from '../helpers/processes/stage.js'
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
