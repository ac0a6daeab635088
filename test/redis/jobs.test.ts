import { describe, expect } from 'vitest'
import { Exposition } from '../helpers/processes/exposition.js'
import { test } from '../helpers/processes/stage.js'
import { pause, until } from '../helpers/processes/until.js'
import { Jobs, keysOf } from '../helpers/redis/jobs.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const timeout = 180_000
/** Shorter than a process takes to start: of jobs that run one after another, no two are alive together. */
const options = { flushInterval: 0.05, deadAfter: 0.15 }
/** The shared keys, the totals, and one process that looks. */
const mostKeys = 10

describe.skipIf(!hasRedis)('jobs that count once', () => {
  test('and are killed one by one leave the exact total, and no keys of their own', { timeout }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const jobs = new Jobs(stage, server, options)
    let peak = 0
    for (let i = 0; i < 6; i++) {
      await jobs.run('kill')
      await pause(200)
      peak = Math.max(peak, (await keysOf(server)).length)
    }
    // The shared keys, the totals, and the last job.
    expect(peak).toBeLessThanOrEqual(12)
    const reader = await stage.start('redis-actor.mjs', { args: ['url', server.url, JSON.stringify(options)] })
    const scrape = await until(
      async () => new Exposition(await reader.ask('scrape')),
      (seen) => seen.value('jobs_total') === 6 && seen.value('alive') === undefined,
    )
    expect(scrape.value('jobs_total')).toBe(6)
    await reader.ask('close')
    expect((await keysOf(server)).length).toBeLessThanOrEqual(mostKeys)
  })

  test.for([
    ['process', false],
    ['host', true],
  ] as const)('leave their total to a %s that counts nothing itself', { timeout }, async ([, perHost], { stage }) => {
    const server = await RedisServer.start(stage)
    const brief = { ...options, expireKeyTime: 1 }
    const jobs = new Jobs(stage, server, brief)
    const ofReader = perHost ? { ...brief, perHost, dir: stage.directory() } : brief
    const reader = await stage.start('redis-actor.mjs', { args: ['url', server.url, JSON.stringify(ofReader)] })
    await jobs.run('close')
    await pause(2_000)
    expect(new Exposition(await reader.ask('scrape')).value('jobs_total')).toBe(1)
    await reader.ask('close')
  })

  test('and end in every way, at once, leave the exact total and at most ten keys', { timeout }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const jobs = new Jobs(stage, server, options)
    const reader = await stage.start('redis-actor.mjs', { args: ['url', server.url, JSON.stringify(options)] })
    await Promise.all(Array.from({ length: 9 }, (_, i) => jobs.run((['kill', 'close', 'flush'] as const)[i % 3]!)))
    await until(
      async () => new Exposition(await reader.ask('scrape')),
      (seen) => seen.value('jobs_total') === 9 && seen.value('alive') === undefined,
    )
    await until(
      () => keysOf(server),
      (keys) => keys.length <= mostKeys + 3,
    )
    await reader.ask('close')
    expect((await keysOf(server)).length).toBeLessThanOrEqual(mostKeys)
  })
})
