import { describe, expect } from 'vitest'
import { Exposition, wentBack } from '../helpers/processes/exposition.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { outageRounds } from '../helpers/redis/outages.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

describe.skipIf(!hasRedis)('Redis and its writers, killed again and again', () => {
  test('lose nothing that was acknowledged in 200 rounds', async ({ stage }) => {
    await outageRounds(stage, { rounds: 200, writers: 4, away: 200 })
  })

  test('go on after a full minute without Redis', async ({ stage }) => {
    const server = await RedisServer.start(stage, { args: ['--appendonly', 'yes'] })
    const start = (kind: string) => stage.start('redis-actor.mjs', { args: [kind, server.url] })
    const actors = await Promise.all(['redis', 'ioredis', 'url', 'url'].map(start))
    for (const actor of actors) {
      await actor.ask('count', 'jobs_total', {}, 1000)
      await actor.ask('setGauge', 'level', 'livesum', 1)
      expect(await actor.ask('flush')).toBe(true)
    }
    let before = new Exposition(await actors[0]!.ask('scrape'))
    expect(before.value('jobs_total')).toBe(4000)
    await server.kill()
    const back = Date.now() + 60_000
    let rounds = 0
    for (; Date.now() < back; rounds++) {
      for (const actor of actors) await actor.ask('count', 'jobs_total', {}, 10)
      const after = new Exposition(await actors[0]!.ask('scrape'))
      expect(wentBack(before, after)).toEqual([])
      before = after
    }
    for (const actor of actors) await actor.ask('count', 'jobs_total', {}, 1)
    expect(before.value('jobs_total')).toBe(4000 + rounds * 10)
    await server.launch()
    const expected = 4000 + 4 * (rounds * 10 + 1)
    for (const actor of actors) {
      const scrape = await until(
        async () => new Exposition(await actor.ask('scrape')),
        (seen) => seen.value('jobs_total') === expected && seen.value('level') === 4,
      )
      expect(scrape.value('jobs_total')).toBe(expected)
    }
  })
})
