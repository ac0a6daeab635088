import { describe, expect } from 'vitest'
import { sharedBackends, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'
import { lifeOfTwoHosts, onHost, scraped } from '../helpers/redis/two-hosts.js'

const timeout = 180_000

describe.skipIf(!hasRedis).each(sharedBackends)(
  '$backend: hosts whose processes share a directory',
  ({ backend, env }) => {
    // Without locks it takes five seconds until another process flushes: that is in test/torture.
    test.skipIf(backend === 'buffered')(
      'are one ledger each, and the one that flushes for a host is replaced',
      { timeout },
      ({ stage }) => lifeOfTwoHosts(stage, env),
    )

    test('show their own counts while Redis is unreachable', { timeout }, async ({ stage }) => {
      const server = await RedisServer.start(stage)
      const directory = stage.directory()
      const [one, two] = [
        await onHost(stage, server.url, directory, 'host-0', env),
        await onHost(stage, server.url, directory, 'host-0', env),
      ]
      await one.ask('count', 'jobs_total', {}, 5)
      for (const actor of [one, two]) await scraped(actor, (seen) => seen.value('jobs_total') === 5)
      await server.kill()
      await two.ask('count', 'jobs_total', {}, 6)
      for (const actor of [one, two]) await scraped(actor, (seen) => seen.value('jobs_total') === 11)
      await server.launch()
      for (const actor of [one, two]) {
        for (let i = 0; i < 10; i++) {
          const scrape = await scraped(actor, (seen) => (seen.value('jobs_total') ?? 0) >= 0)
          expect(scrape.value('jobs_total')).toBe(11)
        }
      }
      await until(
        () => server.ask('HLEN', '{promhive}:ledgers'),
        (ledgers) => ledgers === 1,
      )
    })
  },
)
