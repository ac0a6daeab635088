import { describe, expect } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const timeout = 180_000

describe.skipIf(!hasRedis)('two applications of four processes in one Redis', () => {
  test('do not meet, and lose nothing when processes come, end and are killed', { timeout }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const start = (keyPrefix: string, kind: string): Promise<Actor> => {
      // Long enough that no process counts as dead because the machine is busy.
      const options = JSON.stringify({ keyPrefix, flushInterval: 0.2, deadAfter: 5 })
      return stage.start('redis-actor.mjs', { args: [kind, server.url, options] })
    }
    const kinds = ['redis', 'ioredis', 'url', 'url']
    const [shop, bank] = await Promise.all(
      ['shop', 'bank'].map((name) => Promise.all(kinds.map((kind) => start(name, kind)))),
    )
    const counting = async (actors: readonly Actor[], factor: number): Promise<void> => {
      for (const [i, actor] of actors.entries()) {
        await actor.ask('count', 'jobs_total', {}, 10 * (i + 1), factor)
        await actor.ask('observe', 'duration_seconds', {}, i + 1, factor)
        await actor.ask('setGauge', 'level', 'livesum', factor)
        await actor.ask('setGauge', 'each', 'liveall', factor)
        await actor.ask('setGauge', 'highest', 'max', factor * (i + 1))
        expect(await actor.ask('flush')).toBe(true)
      }
    }
    await counting(shop!, 1)
    await counting(bank!, 3)
    for (const [actors, factor] of [
      [shop!, 1],
      [bank!, 3],
    ] as const) {
      for (const actor of actors) {
        const scrape = new Exposition(await actor.ask('scrape'))
        expect(scrape.value('jobs_total')).toBe(100 * factor)
        expect(scrape.value('duration_seconds_count')).toBe(10)
        expect(scrape.value('duration_seconds_sum')).toBe(10 * factor)
        expect(scrape.value('level')).toBe(4 * factor)
        expect(Object.values(scrape.labelled('each'))).toEqual([factor, factor, factor, factor])
        expect(scrape.value('highest')).toBe(4 * factor)
      }
    }

    // One is killed, one ends by itself, one closes its backend; others start.
    await shop![0]!.kill()
    await shop![1]!.kill('SIGTERM')
    await shop![2]!.ask('close')
    await shop![2]!.kill()
    const [five, six] = [await start('shop', 'url'), await start('shop', 'ioredis')]
    for (const actor of [five, six]) {
      await actor.ask('count', 'jobs_total', {}, 1, 1000)
      await actor.ask('setGauge', 'level', 'livesum', 1)
      expect(await actor.ask('flush')).toBe(true)
    }
    const after = await until(
      async () => new Exposition(await six.ask('scrape')),
      (scrape) => scrape.value('level') === 3,
    )
    expect(after.value('jobs_total')).toBe(2100)
    expect(after.value('duration_seconds_count')).toBe(10)
    expect(after.value('highest')).toBe(4)
    expect(new Exposition(await bank![0]!.ask('scrape')).value('jobs_total')).toBe(300)

    // Only the totals are left of dead processes: there are the ledgers of living processes, and the totals.
    await until(
      async () => ((await server.ask('HKEYS', '{shop}:ledgers')) as string[]).length,
      (ledgers) => ledgers === 4,
    )
    const keys = (await server.ask('KEYS', '{shop}*')) as string[]
    expect(keys.length).toBeLessThanOrEqual(5 + 3 * 4)
    const last = new Exposition(await five.ask('scrape'))
    expect(last.value('jobs_total')).toBe(2100)
    for (const actor of [five, six, ...bank!]) expect(await actor.ask('faults')).toEqual([])
  })

  test('continue after a removal that applies to idle and dead processes', { timeout }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    // A blocked process does not count as dead, however busy the machine is.
    const options = JSON.stringify({ flushInterval: 0.1, deadAfter: 4 })
    const start = () => stage.start('redis-actor.mjs', { args: ['url', server.url, options] })
    const [one, two, dead] = [await start(), await start(), await start()]
    for (const actor of [one, two, dead]) {
      for (const who of ['a', 'b']) await actor.ask('count', 'jobs_total', { who }, 5)
      expect(await actor.ask('flush')).toBe(true)
    }
    await dead.kill()
    await until(
      async () => ((await server.ask('HKEYS', '{promhive}:ledgers')) as string[]).some((id) => id.startsWith('totals')),
      Boolean,
    )
    await two.ask('blockSoon', 400)
    await one.ask('remove', 'jobs_total', { who: 'a' })
    expect(await one.ask('flush')).toBe(true)
    expect(new Exposition(await one.ask('scrape')).labelled('jobs_total')).toEqual({ 'who="b"': 15 })
    expect(await two.ask('flush')).toBe(true)
    await two.ask('count', 'jobs_total', { who: 'a' }, 2)
    expect(await two.ask('flush')).toBe(true)
    for (const actor of [one, two]) {
      expect(new Exposition(await actor.ask('scrape')).labelled('jobs_total')).toEqual({ 'who="a"': 2, 'who="b"': 15 })
    }
    await one.ask('reset', 'jobs_total')
    expect(await one.ask('flush')).toBe(true)
    expect(new Exposition(await one.ask('scrape')).labelled('jobs_total')).toEqual({})
  })
})
