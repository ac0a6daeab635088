import { describe, expect } from 'vitest'
import { redis } from '../../src/redis.js'
import { counterOf, gaugeOf } from '../../src/testing/counted.js'
import { counterFamily } from '../../src/testing/families.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { ways } from '../helpers/redis/clients.js'
import { LossyProxy } from '../helpers/redis/lossy-proxy.js'
import { participant } from '../helpers/redis/lost-answers.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const jobs = counterFamily('jobs_total')
const [a, b, c] = ['a', 'b', 'c'].map((text) => JSON.stringify([text])) as [string, string, string]

describe.skipIf(!hasRedis).each(Object.keys(ways))('a replica that lacks acknowledged writes, over %s', (way) => {
  test('gets them from the living processes, and no counter of a target decreases', { timeout: 120_000 }, async ({
    stage,
  }) => {
    const master = await RedisServer.start(stage, { args: ['--repl-diskless-sync-delay', '0'] })
    const replica = await RedisServer.start(stage, { args: ['--replicaof', `127.0.0.1 ${master.port}`] })
    await until(
      () => replica.ask('INFO', 'replication'),
      (info) => /master_link_status:up/.test(String(info)),
    )
    const proxy = await LossyProxy.start(stage, master.port)
    const make = async (flushInterval: number) =>
      participant(stage, redis({ ...(await ways[way]!(stage, proxy.url)), flushInterval }))
    // They flush only when the test calls flush().
    const [one, two, reader] = [await make(600), await make(600), await make(600)]
    for (const each of [one, two]) {
      counterOf(each, jobs, a).inc(10)
      counterOf(each, jobs, b).inc(1)
      gaugeOf(each, 'level', 'livesum', a).set(1)
      expect(await each.backend.flush()).toBe(true)
    }
    await until(
      async () => [await master.ask('WAIT', '1', '1000'), await offsetOf(master), await offsetOf(replica)],
      ([, behind, ahead]) => behind === ahead,
    )
    // What comes from now on the replica never sees.
    await replica.ask('REPLICAOF', 'NO', 'ONE')
    for (const each of [one, two]) {
      counterOf(each, jobs, a).inc(100)
      counterOf(each, jobs, c).inc(1000)
      each.store.remove(jobs, { text: 'b' }, 'process')
      gaugeOf(each, 'level', 'livesum', a).set(2)
      expect(await each.backend.flush()).toBe(true)
    }
    const before = await reader.read()
    expect([before.total('jobs_total'), before.value('level{text="a"}')]).toEqual([2220, 4])
    await master.kill()
    proxy.forwardTo(replica.port)

    // No process has sent anything again yet: the reader shows the values that it read before.
    const between = await until(
      () => reader.read(),
      ({ errors }) => errors.length === 0,
    )
    expect(between.total('jobs_total')).toBe(2220)
    counterOf(one, jobs, a).inc(1)
    await until(() => one.backend.flush(), Boolean)
    const half = await reader.read()
    expect(half.total('jobs_total')).toBe(2221)
    await until(() => two.backend.flush(), Boolean)
    for (const each of [reader, one, two, await make(600)]) {
      const after = await until(
        () => each.read(),
        ({ errors }) => errors.length === 0,
      )
      expect([after.total('jobs_total'), after.value('level{text="a"}')]).toEqual([2221, 4])
      expect(after.value('jobs_total{text="b"}')).toBeUndefined()
    }
  })
})

async function offsetOf(server: RedisServer): Promise<string | undefined> {
  return /master_repl_offset:(\d+)/.exec(String(await server.ask('INFO', 'replication')))?.[1]
}
