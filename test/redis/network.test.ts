import { describe } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { type NetworkHost, NetworkHosts } from '../helpers/redis/network-hosts.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const timeout = 180_000

interface Fault {
  readonly code: string
}

describe.skipIf(!hasRedis || !NetworkHosts.possible())(
  'processes on hosts that know each other only through Redis (needs the right to make network namespaces)',
  () => {
    test('are one application, and a host that is cut off loses nothing', { timeout }, async ({ stage }) => {
      const { hosts } = NetworkHosts.make(stage, 2)
      const addresses = hosts.map(({ gateway }) => gateway)
      const server = await RedisServer.start(stage, { args: ['--bind', '127.0.0.1', ...addresses] })
      const start = (host: NetworkHost, instance: string, more: object = {}): Promise<Actor> => {
        const options = JSON.stringify({ instance, flushInterval: 0.3, deadAfter: 2, ...more })
        const args = ['url', `redis://${host.gateway}:${server.port}`, options]
        return stage.start('redis-actor.mjs', { args, wrapper: host.wrapper })
      }
      const dir = stage.directory()
      const [a, b] = hosts as [NetworkHost, NetworkHost]
      const [one, two] = [await start(a, 'a'), await start(a, 'a')]
      const [three, four] = [await start(b, 'b', { perHost: true, dir }), await start(b, 'b', { perHost: true, dir })]
      const actors = [one, two, three, four]
      for (const [i, actor] of actors.entries()) {
        await actor.ask('count', 'jobs_total', {}, 10 ** i)
        await actor.ask('setGauge', 'level', 'livesum', 1)
      }
      for (const actor of actors) await scraped(actor, { jobs: 1111, level: 4 })

      b.connect(false)
      for (const actor of [three, one]) await actor.ask('count', 'jobs_total', {}, 10_000)
      // The host that is cut off is taken for dead by the others: its totals stay, what lived there goes.
      await scraped(one, { jobs: 11_111, level: 2 })
      // It shows its own counts, and the last known values of the others.
      await scraped(four, { jobs: 11_111, level: 4 })
      // Of the two that are disconnected, the one that flushes for the host reports it after its time limit.
      await until(
        async () => [await three.ask<Fault[]>('faults'), await four.ask<Fault[]>('faults')].flat(),
        (told) => told.some(({ code }) => code === 'FLUSH_FAILED'),
      )
      b.connect(true)
      for (const actor of actors) await scraped(actor, { jobs: 21_111, level: 4 })
    })
  },
)

function scraped(actor: Actor, { jobs, level }: { jobs: number; level: number }): Promise<Exposition> {
  return until(
    async () => new Exposition(await actor.ask('scrape')),
    (seen) => seen.value('jobs_total') === jobs && seen.value('level') === level,
    60_000,
  )
}
