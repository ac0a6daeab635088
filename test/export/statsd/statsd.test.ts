import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import type { Actor } from '../../helpers/processes/actor.js'
import { sharedBackends, test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'
import { hasStatsd, StatsdServer } from '../../helpers/statsd/statsd-server.js'

const program = fileURLToPath(new URL('programs/sends.mjs', import.meta.url))

describe.runIf(hasStatsd).each(sharedBackends)('a server of statsd ($backend)', ({ env }) => {
  test('receives exactly the total: workers are killed and seats taken over, and the sender is killed', async ({
    stage,
  }) => {
    const server = await StatsdServer.start(stage)
    const options = { env: { ...env, PROMHIVE_DIR: stage.directory() } }
    const start = { address: server.address, interval: 3600 }
    const sender = await stage.start(program, options)
    const worker = await stage.start(program, options)
    await sender.ask('count', 'jobs_total', { kind: 'a' }, 3)
    await worker.ask('count', 'jobs_total', { kind: 'a' }, 4)
    await worker.ask('count', 'cents_total', {}, 1, 0.25)
    await worker.ask('observe', 'seconds', {}, 2, 0.75)
    await sender.ask('start', start)
    await sendsUntil(sender, server, 'seconds_count', 2)
    await worker.kill()
    const successor = await stage.start(program, options)
    await successor.ask('count', 'jobs_total', { kind: 'a' }, 10)
    await sendsUntil(sender, server, 'jobs_total.kind.a', 17)
    // Of two, the sender has sent nothing.
    await successor.ask('count', 'jobs_total', { kind: 'a' }, 2)
    await sender.kill()
    await successor.ask('start', start)
    await successor.ask('observe', 'seconds', {}, 1, 5)
    await sendsUntil(successor, server, 'seconds_count', 3)
    await successor.ask('count', 'jobs_total', { kind: 'a' }, 1)
    await successor.ask('stop')
    await server.received('jobs_total.kind.a', 20)
    expect(server.counter('jobs_total.kind.a')).toBe(20)
    expect(server.counter('cents_total')).toBe(0.25)
    expect(server.counter('seconds_bucket.le.0_2E5')).toBeUndefined()
    expect(server.counter('seconds_bucket.le.1')).toBe(2)
    expect(server.counter('seconds_bucket.le._2BInf')).toBe(3)
    expect(server.counter('seconds_sum')).toBe(6.5)
    expect(server.counter('seconds_count')).toBe(3)
    expect(server.badLines).toBe(0)
  })
})

describe.runIf(hasStatsd)('a server of statsd', () => {
  test('receives what is counted after a removal and after a reset, even if that is more than before', async ({
    stage,
  }) => {
    const server = await StatsdServer.start(stage)
    const options = { env: { PROMHIVE_DIR: stage.directory() } }
    const [one, two] = [await stage.start(program, options), await stage.start(program, options)]
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
})

/** Sends until the server has received a sum: another process may have the lease at first, and counts may be late. */
async function sendsUntil(actor: Actor, server: StatsdServer, counter: string, sum: number): Promise<void> {
  await until(
    async () => {
      await actor.ask('send')
      return server.counter(counter)
    },
    (seen) => seen !== undefined && seen >= sum,
  )
  expect(server.counter(counter)).toBe(sum)
}
