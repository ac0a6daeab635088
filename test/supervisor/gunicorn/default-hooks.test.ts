import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { Exposition } from '../../helpers/processes/exposition.js'
import { test } from '../../helpers/processes/stage.js'
import { SupervisedApplication } from '../../helpers/processes/supervised.js'
import { until } from '../../helpers/processes/until.js'
import { hasRedis } from '../../helpers/redis/redis-server.js'
import { startRedis } from '../../helpers/redis/started-redis.js'

const timeout = 120_000
const hooks = join(dirname(fileURLToPath(import.meta.url)), 'programs', 'exporter-hooks.mjs')

describe.runIf(process.platform === 'linux' && hasRedis)("the hooks of gunicorn's exporter, with a Redis", () => {
  test('open the metrics port, forward, and continue when Redis does not', { timeout }, async ({ stage }) => {
    const { server, port, client } = await startRedis(stage)
    const latest = async (): Promise<Exposition | undefined> => {
      const text = await client.get('shop:latest').catch(() => null)
      return text === null ? undefined : new Exposition(text)
    }
    const forwarded = async (requests: number): Promise<void> => {
      await until(latest, (seen) => seen?.total('app_worker_requests_total') === requests)
    }
    const app = await SupervisedApplication.start(stage, {
      args: ['--workers', '2', '--no-metrics', '--hooks', hooks],
      env: {
        ...{ REDIS_ENABLED: 'on', REDIS_HOST: '127.0.0.1', REDIS_PORT: String(port), REDIS_DB: '0' },
        ...{ REDIS_KEY_PREFIX: 'shop:', REDIS_FORWARD_INTERVAL: '1' },
      },
    })
    for (let i = 0; i < 7; i++) await app.ask()
    await forwarded(7)

    await server.kill()
    await until(
      () => app.scrapeText(),
      (text) => /promhive_redis_forwards_total\{result="failed"\} [1-9]/.test(text),
    )
    for (let i = 0; i < 3; i++) await app.ask()
    await app.shows((seen) => seen.total('app_worker_requests_total') === 10)
    await server.launch()
    await client.connect()
    await forwarded(10)

    await app.ask()
    app.signal('SIGTERM')
    expect(await app.ended).toBe(0)
    // The last numbers arrive before it ends.
    expect((await latest())?.total('app_worker_requests_total')).toBe(11)
  })

  test('start an application whose Redis is not there', { timeout }, async ({ stage }) => {
    const { server, port } = await startRedis(stage)
    await server.kill()
    const app = await SupervisedApplication.start(stage, {
      args: ['--workers', '1', '--no-metrics', '--hooks', hooks],
      env: { REDIS_ENABLED: 'yes', REDIS_HOST: '127.0.0.1', REDIS_PORT: String(port) },
    })
    expect(await app.ask()).toMatch(/^\d+$/)
    await app.shows((seen) => seen.total('app_worker_requests_total') === 1)
    expect(app.output).not.toContain('nothing here forwards')
    app.signal('SIGTERM')
    expect(await app.ended).toBe(0)
  })
})
