import { describe, expect } from 'vitest'
import { below, randomFrom } from '../helpers/processes/random.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis } from '../helpers/redis/redis-server.js'
import { startRedis } from '../helpers/redis/started-redis.js'
import { receivesExactly, sendingProgram } from '../helpers/statsd/exact-sums.js'
import { hasStatsd, StatsdServer } from '../helpers/statsd/statsd-server.js'

describe.runIf(hasStatsd)('a server of statsd receives exactly the total of processes', () => {
  test('without the addon', ({ stage }) => receivesExactly(stage, { PROMHIVE_NATIVE: 'off' }))

  test.runIf(hasRedis)('that count in Redis', async ({ stage }) => {
    const { port } = await startRedis(stage)
    const backendConfig = JSON.stringify({ url: `redis://127.0.0.1:${port}`, flushInterval: 0.05 })
    await receivesExactly(stage, {
      PROMHIVE_BACKEND_CLASS: 'promhive/redis#redis',
      PROMHIVE_BACKEND_CONFIG: backendConfig,
    })
  })
})

test.runIf(hasStatsd)(
  'processes that are killed while they send lose a datagram at most, and send none twice',
  async ({ stage }) => {
    const [kills, series] = [40, 500]
    // One line in a datagram: 500 of them in each export.
    const options = { env: { PROMHIVE_DIR: stage.directory() } }
    const server = await StatsdServer.start(stage)
    const start = { address: server.address, interval: 0.02, maxDatagramBytes: 64 }
    const random = randomFrom(21)
    // Keeps the run of the directory.
    const keeper = await stage.start(sendingProgram, options)
    await keeper.ask('countMany', 'jobs_total', 0, series)
    for (let i = 0; i < kills; i++) {
      const sender = await stage.start(sendingProgram, options)
      await sender.ask('start', start)
      for (let round = 0; round < 3; round++) {
        await keeper.ask('countMany', 'jobs_total', 0, series)
        await new Promise((resolve) => setTimeout(resolve, below(random, 150)))
      }
      await sender.kill()
    }
    await keeper.ask('start', start)
    await until(
      () => keeper.ask('send'),
      (last) => last === 'ok',
    )
    await keeper.ask('stop')
    const total = (kills * 3 + 1) * series
    const sum = (): number => {
      const names = server.names().filter((name) => name.startsWith('jobs_total.'))
      return names.reduce((all, name) => all + server.counter(name)!, 0)
    }
    let last = -1
    await until(
      async () => {
        const before = last
        await new Promise((resolve) => setTimeout(resolve, 500))
        return (last = sum()) === before
      },
      (same) => same,
    )
    // A line that was lost carried what its series had grown by since the last export.
    expect(sum()).toBeLessThanOrEqual(total)
    expect(sum()).toBeGreaterThanOrEqual(total - kills * 3)
  },
)
