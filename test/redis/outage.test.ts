import { describe, expect } from 'vitest'
import { Exposition } from '../helpers/processes/exposition.js'
import { test } from '../helpers/processes/stage.js'
import { pause, until } from '../helpers/processes/until.js'
import { LossyProxy } from '../helpers/redis/lossy-proxy.js'
import { outageRounds } from '../helpers/redis/outages.js'
import { freePort, hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const timeout = 180_000

describe.skipIf(!hasRedis)('Redis that is away', () => {
  test('when the application starts is reported, and Redis gets all counts when it is reachable', { timeout }, async ({
    stage,
  }) => {
    const port = await freePort()
    const url = `redis://127.0.0.1:${port}`
    const options = JSON.stringify({ flushInterval: 0.2 })
    const [one, two] = await Promise.all(
      ['url', 'ioredis'].map((kind) =>
        stage.start('redis-actor.mjs', { args: [kind, url, options], env: { PROMHIVE_LOG: 'info' } }),
      ),
    )
    for (const actor of [one!, two!]) {
      await actor.ask('count', 'jobs_total', {}, 4)
      const text = await until(
        () => actor.ask<string>('scrape'),
        (scrape) => scrape.includes('promhive_errors_total{code="FLUSH_FAILED"}'),
      )
      expect(text).toContain('\npromhive_backend_up 0\n')
      expect(new Exposition(text).value('jobs_total')).toBe(4)
      expect(await actor.ask('faults')).toContainEqual(expect.objectContaining({ code: 'FLUSH_FAILED' }))
    }
    const server = await RedisServer.start(stage, { port })
    expect(server.port).toBe(port)
    for (const actor of [one!, two!]) {
      const text = await until(
        () => actor.ask<string>('scrape'),
        (scrape) => new Exposition(scrape).value('jobs_total') === 8 && !scrape.includes('\npromhive_backend_up 0\n'),
      )
      expect(text).toContain('\npromhive_backend_up 1\n')
      const log = await until(
        () => actor.errors,
        (errors) => errors.includes('Redis accepts counts again'),
      )
      expect(log.match(/accepts counts again/g)).toHaveLength(1)
    }
  })

  test('is warned of each time, with its end, by a process that logs warnings only', { timeout }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const options = JSON.stringify({ flushInterval: 0.1 })
    const actor = await stage.start('redis-actor.mjs', { args: ['url', server.url, options] })
    const says = async (text: RegExp, times: number): Promise<void> => {
      await until(
        () => actor.errors.match(text)?.length,
        (count) => count === times,
      )
    }
    for (const round of [1, 2]) {
      await until(() => actor.ask('flush'), Boolean)
      await server.kill()
      await says(/PROMHIVE_FLUSH_FAILED/g, round)
      await server.launch()
      await says(/PROMHIVE_RECOVERED\] promhive: Redis accepts counts again/g, round)
    }
  })

  test('for a while loses nothing, and the last values of the others are shown', { timeout }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const proxy = await LossyProxy.start(stage, server.port)
    // Long enough that no process counts as dead because the machine is busy; the outage is longer.
    const options = JSON.stringify({ flushInterval: 0.2, deadAfter: 4 })
    const start = (url: string) => stage.start('redis-actor.mjs', { args: ['url', url, options] })
    const [away, here] = [await start(proxy.url), await start(proxy.url)]
    for (const actor of [away, here]) {
      await actor.ask('count', 'jobs_total', {}, 10)
      await actor.ask('setGauge', 'level', 'livesum', 1)
      expect(await actor.ask('flush')).toBe(true)
    }
    expect(new Exposition(await away.ask('scrape')).value('jobs_total')).toBe(20)
    proxy.cut()
    await away.ask('count', 'jobs_total', {}, 100)
    // Counting and serving cost no waiting.
    const dark = new Exposition(await away.ask('scrape'))
    expect(dark.value('jobs_total')).toBe(120)
    expect(dark.value('level')).toBe(2)
    await pause(6_000)
    await here.ask('count', 'jobs_total', {}, 1000)
    proxy.heal()
    // If all processes were silent, it was an outage, and none counts as dead.
    for (const actor of [away, here]) {
      const scrape = await until(
        async () => new Exposition(await actor.ask('scrape')),
        (seen) => seen.value('jobs_total') === 1120,
      )
      expect(scrape.value('level')).toBe(2)
    }
    expect(await server.ask('HLEN', '{promhive}:folded')).toBe(0)
  })

  test('does not keep a process from ending, and a process that ends soon has sent its counts', { timeout }, async ({
    stage,
  }) => {
    const server = await RedisServer.start(stage)
    for (let i = 0; i < 3; i++) {
      const short = stage.launch('redis-short.mjs', { args: [server.url, '50'] })
      expect(await short.ended).toEqual({ code: 0, signal: null })
    }
    const reader = await stage.start('redis-actor.mjs', { args: ['url', server.url] })
    expect(new Exposition(await reader.ask('scrape')).value('jobs_total')).toBe(150)
    const began = Date.now()
    const short = stage.launch('redis-short.mjs', { args: [`redis://127.0.0.1:${await freePort()}`, '50'] })
    expect(await short.ended).toEqual({ code: 0, signal: null })
    expect(Date.now() - began).toBeLessThan(30_000)
  })

  test('and writers that are killed lose nothing that was acknowledged', { timeout }, async ({ stage }) => {
    await outageRounds(stage, { rounds: 6, writers: 4, away: 300 })
  })
})
