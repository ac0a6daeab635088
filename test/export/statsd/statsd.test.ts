import { describe, expect } from 'vitest'
import type { Actor } from '../../helpers/processes/actor.js'
import { test } from '../../helpers/processes/stage.js'
import { SupervisedApplication } from '../../helpers/processes/supervised.js'
import { until } from '../../helpers/processes/until.js'
import { receivesExactly, sendingProgram, sendsUntil } from '../../helpers/statsd/exact-sums.js'
import { hasStatsd, StatsdServer } from '../../helpers/statsd/statsd-server.js'

describe.runIf(hasStatsd)('a server of statsd', () => {
  test('receives exactly the total, though workers and the process that sends are killed', ({ stage }) =>
    receivesExactly(stage, {}))

  test('receives what is counted after a removal and after a reset, even if that is more than before', async ({
    stage,
  }) => {
    const server = await StatsdServer.start(stage)
    const options = { env: { PROMHIVE_DIR: stage.directory() } }
    const [one, two] = [await stage.start(sendingProgram, options), await stage.start(sendingProgram, options)]
    const count = async (actor: Actor, times: number): Promise<void> => {
      await actor.ask('count', 'jobs_total', { kind: 'a' }, times)
      await actor.ask('observe', 'seconds', {}, times, 2)
    }
    await one.ask('start', { address: server.address, interval: 3600 })
    await count(one, 3)
    await count(two, 2)
    await sendsUntil(one, server, 'jobs_total.kind.a', 5)
    await two.ask('remove', 'jobs_total', { kind: 'a' })
    await two.ask('reset', 'seconds')
    await count(one, 4)
    await count(two, 6)
    await sendsUntil(one, server, 'jobs_total.kind.a', 15)
    expect(server.counter('seconds_count')).toBe(15)
    // Less than before.
    await one.ask('remove', 'jobs_total', { kind: 'a' })
    await one.ask('reset', 'seconds')
    await count(two, 1)
    await sendsUntil(one, server, 'jobs_total.kind.a', 16)
    expect(server.counter('seconds_count')).toBe(16)
    expect(server.counter('seconds_bucket.le.2')).toBe(16)
    await one.ask('stop')
  })

  test('receives from each process its own counts, and those of its seat from the next process', async ({ stage }) => {
    const server = await StatsdServer.start(stage)
    const options = { env: { PROMHIVE_DIR: stage.directory() } }
    const start = { address: server.address, interval: 3600, from: 'each' }
    const [one, two] = [await stage.start(sendingProgram, options), await stage.start(sendingProgram, options)]
    for (const [actor, times] of [
      [one, 3],
      [two, 5],
    ] as const) {
      await actor.ask('count', 'jobs_total', { kind: 'a' }, times)
      await actor.ask('setGauge', 'load', 'livesum', times)
      await actor.ask('start', start)
      expect(await actor.ask('send')).toBe('ok')
    }
    await two.ask('count', 'jobs_total', { kind: 'a' }, 20)
    await two.kill()
    const next = await stage.start(sendingProgram, options)
    await next.ask('count', 'jobs_total', { kind: 'a' }, 100)
    await next.ask('start', start)
    expect(await next.ask('send')).toBe('ok')
    const names = ['jobs_total.kind.a.worker.1', 'jobs_total.kind.a.worker.2']
    await server.received(names[1]!, 125)
    expect(names.map((name) => server.counter(name))).toEqual([3, 125])
    expect(server.gauge('load.worker.1')).toBe(3)
    expect(server.gauge('load.worker.2')).toBe(5)
    await next.ask('start', { ...start, workerTag: false, prefix: 'sum.' })
    await one.ask('start', { ...start, workerTag: false, prefix: 'sum.' })
    for (const actor of [one, next]) expect(await actor.ask('send')).toBe('ok')
    await server.received('sum.jobs_total.kind.a', 128)
    expect(server.counter('sum.jobs_total.kind.a')).toBe(128)
  })

  test('receives the numbers of the workers of a supervisor, which the environment configures', async ({ stage }) => {
    const server = await StatsdServer.start(stage)
    const env = {
      PROMHIVE_STATSD: server.address,
      PROMHIVE_EXPORTERS: '{"statsd":{"interval":0.2,"prefix":"shop.","format":"graphite"}}',
    }
    await SupervisedApplication.start(stage, { args: ['--workers', '2'], env })
    await until(
      () => server.names(),
      (names) => names.some((name) => name.startsWith('shop.app_config_info')),
    )
    expect(server.badLines).toBe(0)
  })
})
