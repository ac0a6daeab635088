import { describe, expect } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { promhiveServe } from '../helpers/processes/command.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const timeout = 120_000
const options = { flushInterval: 0.05, deadAfter: 0.5 }

async function jobsIn(actor: Actor): Promise<Record<string, number>> {
  return new Exposition(await actor.ask<string>('scrape')).labelled('jobs_total')
}

describe.skipIf(!hasRedis)('scrapes per worker of a service in Redis', () => {
  test('show the counts of a dead process under its number, also when they were added to the totals', {
    timeout,
  }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const env = { PROMHIVE_PER_WORKER: '1' }
    const start = () => stage.start('redis-actor.mjs', { args: ['url', server.url, JSON.stringify(options)], env })
    const [one, two] = [await start(), await start()]
    for (const [actor, times] of [
      [one, 3],
      [two, 4],
    ] as const) {
      await actor.ask('count', 'jobs_total', {}, times)
      await actor.ask('flush')
    }
    expect(await jobsIn(one)).toEqual({ 'worker="1"': 3, 'worker="2"': 4 })
    await two.kill()
    await until(
      async () => String(await server.ask('HKEYS', '{promhive}:ledgers')),
      (ledgers) => ledgers.includes('kept:2'),
    )
    expect(await jobsIn(one)).toEqual({ 'worker="1"': 3, 'worker="2"': 4 })
    const three = await start()
    await three.ask('count', 'jobs_total', {}, 1)
    await three.ask('flush')
    for (const actor of [one, three]) expect(await jobsIn(actor)).toEqual({ 'worker="1"': 3, 'worker="2"': 5 })
    const served = await promhiveServe(stage, ['--redis', server.url, '--per-worker'])
    expect(new Exposition((await ask(served.url)).body).labelled('jobs_total')).toEqual({
      'worker="1"': 3,
      'worker="2"': 5,
    })
  })

  test('are merged where Redis has the sums of a host, which is reported', { timeout }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const perHost = JSON.stringify({ ...options, perHost: true, dir: stage.directory() })
    const actor = await stage.start('redis-actor.mjs', { args: ['url', server.url, perHost] })
    await actor.ask('configure', { perWorker: true })
    await actor.ask('count', 'jobs_total', {}, 3)
    await actor.ask('flush')
    expect(
      await until(
        () => jobsIn(actor),
        (jobs) => Object.keys(jobs).length > 0,
      ),
    ).toEqual({ '': 3 })
    expect(await actor.ask('faults')).toMatchObject([{ code: 'OPTION_INVALID', message: /^perWorker has no effect/ }])
  })
})
