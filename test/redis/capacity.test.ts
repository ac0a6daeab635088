import { describe, expect } from 'vitest'
import { type RedisMetrics, redis } from '../../src/redis.js'
import { Participant } from '../../src/testing/conformance.js'
import { counterOf } from '../../src/testing/counted.js'
import { counterFamily } from '../../src/testing/families.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { pause, until } from '../helpers/processes/until.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const timeout = 180_000
const jobs = counterFamily('jobs_total')

describe.skipIf(!hasRedis)('a Redis backend', () => {
  test('takes 100 000 series of two writers; 10 000 changed ones are a few pieces', { timeout }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const [one, two, reader] = [0, 1, 2].map(() => participant(stage, redis({ url: server.url, flushInterval: 600 })))
    const children = [one!, two!].map((each) =>
      Array.from({ length: 100_000 }, (_, i) => counterOf(each, jobs, JSON.stringify([`series ${i}`]))),
    )
    for (const own of children) for (const child of own) child.inc()
    for (const each of [one!, two!]) await each.flush()
    const first = await reader!.read()
    expect(first.total('jobs_total')).toBe(200_000)

    // Spread over all of them, so that the least can be sent together.
    for (let i = 0; i < 100_000; i += 10) children[0]![i]!.inc(2)
    await server.ask('CONFIG', 'RESETSTAT')
    await one!.flush()
    const stats = String(await server.ask('INFO', 'commandstats'))
    // 800 KB, in pieces of 256.
    expect(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]).toBe('4')
    expect(stats).not.toContain('cmdstat_eval:')

    await server.ask('CONFIG', 'RESETSTAT')
    const second = await reader!.read()
    expect(second.total('jobs_total')).toBe(220_000)
    expect(second.value('jobs_total{text="series 99990"}')).toBe(4)
    // Its own flush, a survey of the ledgers, and a reading of those that have changed.
    const afterwards = String(await server.ask('INFO', 'commandstats'))
    expect(/cmdstat_evalsha:calls=(\d+)/.exec(afterwards)?.[1]).toBe('3')

    // A writer with so many series ends: the totals have them.
    await two!.backend.close?.()
    const third = await reader!.read()
    expect(third.total('jobs_total')).toBe(220_000)
    expect(third.writers.map(({ live }) => live)).toEqual([false, true, true])
  })

  test('keeps the totals of dead processes while another one lives, and nothing when none does', { timeout }, async ({
    stage,
  }) => {
    const server = await RedisServer.start(stage)
    const options = { url: server.url, flushInterval: 0.2, expireKeyTime: 4 }
    const [ends, stays] = [participant(stage, redis(options)), participant(stage, redis(options))]
    counterOf(ends, jobs, JSON.stringify(['a'])).inc(5)
    counterOf(stays, jobs, JSON.stringify(['a'])).inc(1)
    for (const each of [ends, stays]) await each.flush()
    await ends.backend.close?.()
    // Twice as long as the keys stay by themselves.
    await pause(8_000)
    const reader = participant(stage, redis(options))
    expect((await reader.read()).value('jobs_total{text="a"}')).toBe(6)
    for (const each of [reader, stays]) await each.backend.close?.()
    await until(
      () => server.ask('DBSIZE'),
      (size) => size === 0,
    )
  })

  test('does not pile up removals', { timeout }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const [ends, stays] = [0, 1].map(() => participant(stage, redis({ url: server.url, flushInterval: 0.05 })))
    for (const each of [ends!, stays!]) {
      counterOf(each, jobs, JSON.stringify(['stays'])).inc(3)
      counterOf(each, jobs, JSON.stringify(['goes'])).inc(3)
      await each.flush()
    }
    await ends!.backend.close?.()
    for (let i = 0; i < 6; i++) {
      for (let j = 0; j < 500; j++) stays!.store.remove(jobs, { text: j === 0 ? 'goes' : `never ${j}` }, 'application')
      await stays!.flush()
      expect((await stays!.read()).labelled('jobs_total')).toEqual({ 'text="stays"': 6 })
    }
    // The totals are written without them at intervals, and removals that every process has applied are forgotten.
    const other = participant(stage, redis({ url: server.url }))
    await until(
      async () => {
        await participant(stage, redis({ url: server.url })).backend.close?.()
        expect((await other.read()).labelled('jobs_total')).toEqual({ 'text="stays"': 6 })
        return (await server.ask('LLEN', '{promhive}:removals')) as number
      },
      (length) => length < 1500,
    )
  })

  test('shows one instance alone where each is scraped for itself', { timeout }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const start = (instance: string, scope: 'service' | 'instance') =>
      participant(stage, redis({ url: server.url, instance, scope }))
    const [a, alsoA, b] = [start('a', 'instance'), start('a', 'service'), start('b', 'instance')]
    for (const [i, each] of [a, alsoA, b].entries()) {
      counterOf(each, jobs, JSON.stringify(['x'])).inc(10 ** i)
      await each.flush()
    }
    expect((await a.read()).total('jobs_total')).toBe(11)
    expect((await alsoA.read()).total('jobs_total')).toBe(111)
    expect((await b.read()).total('jobs_total')).toBe(100)
    // The counts of dead processes of an instance stay with it while another process of it lives.
    await alsoA.backend.close?.()
    expect((await a.read()).total('jobs_total')).toBe(11)
    expect((await b.read()).total('jobs_total')).toBe(100)
    await a.backend.close?.()
    const everything = start('c', 'service')
    expect((await everything.read()).total('jobs_total')).toBe(111)
    expect((await b.read()).total('jobs_total')).toBe(100)
  })
})

function participant(stage: Stage, backend: RedisMetrics): Participant {
  const made = new Participant(backend)
  stage.after(() => made.end())
  return made
}
