import { describe, expect } from 'vitest'
import { Exposition } from '../helpers/processes/exposition.js'
import { test } from '../helpers/processes/stage.js'
import { pause, until } from '../helpers/processes/until.js'
import { Jobs, keysOf } from '../helpers/redis/jobs.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const options = { flushInterval: 0.1, deadAfter: 0.4, expireKeyTime: 5 }
const ends = ['kill', 'close', 'flush'] as const
const count = 200
const mostKeys = 10

describe.skipIf(!hasRedis)('200 jobs that count once', () => {
  test.for([false, true])('leave the exact total and at most ten keys, at once: %s', async (atOnce, { stage }) => {
    const server = await RedisServer.start(stage)
    const jobs = new Jobs(stage, server, options)
    const reader = await stage.start('redis-actor.mjs', { args: ['url', server.url, JSON.stringify(options)] })
    const run = async (i: number): Promise<void> => {
      await jobs.run(ends[i % ends.length]!)
      // Always longer than deadAfter, and sometimes longer than expireKeyTime.
      if (!atOnce) await pause(i % 10 === 0 ? 6_000 : 500)
    }
    if (atOnce) await Promise.all(Array.from({ length: count }, (_, i) => run(i)))
    else for (let i = 0; i < count; i++) await run(i)
    await until(
      async () => new Exposition(await reader.ask('scrape')),
      (seen) => seen.value('jobs_total') === count && seen.value('alive') === undefined,
    )
    // What jobs have left becomes part of the totals while anything lives.
    await until(
      () => keysOf(server),
      (keys) => keys.length <= mostKeys,
    )
    expect(new Exposition(await reader.ask('scrape')).value('jobs_total')).toBe(count)
    await reader.ask('close')
    expect((await keysOf(server)).length).toBeLessThanOrEqual(mostKeys)
  })
})
