import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { Actor } from '../processes/actor.js'
import type { Stage } from '../processes/stage.js'
import { until } from '../processes/until.js'
import { StatsdServer } from './statsd-server.js'

/** A program that answers to `start`, `send` and `stop` of its exporter. */
export const sendingProgram = fileURLToPath(new URL('../../export/statsd/programs/sends.mjs', import.meta.url))

/**
 * Kills a worker, whose successor continues, and then the process that sends: the server receives exactly the total.
 *
 * @param env the backend
 */
export async function receivesExactly(stage: Stage, env: Readonly<Record<string, string>>): Promise<void> {
  const server = await StatsdServer.start(stage)
  const options = { env: { PROMHIVE_DIR: stage.directory(), ...env } }
  const start = { address: server.address, interval: 3600 }
  const [sender, worker] = [await stage.start(sendingProgram, options), await stage.start(sendingProgram, options)]
  await sender.ask('count', 'jobs_total', { kind: 'a' }, 3)
  await worker.ask('count', 'jobs_total', { kind: 'a' }, 4)
  await worker.ask('count', 'cents_total', {}, 1, 0.25)
  await worker.ask('observe', 'seconds', {}, 2, 0.75)
  await sender.ask('start', start)
  await sendsUntil(sender, server, 'seconds_count', 2)
  await worker.kill()
  const successor = await stage.start(sendingProgram, options)
  await successor.ask('count', 'jobs_total', { kind: 'a' }, 10)
  await sendsUntil(sender, server, 'jobs_total.kind.a', 17)
  // The sender is killed before it has sent these.
  await successor.ask('count', 'jobs_total', { kind: 'a' }, 2)
  await sender.kill()
  await successor.ask('start', start)
  await successor.ask('observe', 'seconds', {}, 1, 5)
  await sendsUntil(successor, server, 'seconds_count', 3)
  await successor.ask('count', 'jobs_total', { kind: 'a' }, 1)
  await successor.ask('stop')
  await server.received('jobs_total.kind.a', 20)
  const names = ['jobs_total.kind.a', 'cents_total', 'seconds_sum', 'seconds_count']
  expect(names.map((name) => server.counter(name))).toEqual([20, 0.25, 6.5, 3])
  const bounds = ['0_2E5', '1', '2', '_2BInf']
  expect(bounds.map((bound) => server.counter(`seconds_bucket.le.${bound}`))).toEqual([undefined, 2, 2, 3])
  expect(server.badLines).toBe(0)
}

/** Sends until the server has received a sum: another process may have the lease at first, and counts may be late. */
export async function sendsUntil(actor: Actor, server: StatsdServer, counter: string, sum: number): Promise<void> {
  await until(
    async () => {
      await actor.ask('send')
      return server.counter(counter)
    },
    (seen) => seen !== undefined && seen >= sum,
  )
  expect(server.counter(counter)).toBe(sum)
}
