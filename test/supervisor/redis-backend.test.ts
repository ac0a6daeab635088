import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { workerEnvironment } from '../../src/supervisor/gunicorn/environment-manager.js'
import { Configuration } from '../../src/supervisor/settings/configuration.js'
import { explain } from '../../src/supervisor/settings/explain.js'
import { readFile } from '../../src/supervisor/settings/file.js'
import { Actor } from '../helpers/processes/actor.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

describe('a configuration file with the address of Redis', () => {
  test.for(['promhive.yaml', 'promhive.json'])('%s takes every option of redis()', async (name, { stage }) => {
    const path = join(stage.folder(), name)
    const options = {
      sentinels: [{ host: 'sentinel-0', port: 26379 }, 'sentinel-1'],
      name: 'mymaster',
      username: 'metrics',
      password: 'hush',
      tls: { caFile: '/etc/ssl/redis-ca.pem' },
      closeTimeout: 5,
    }
    writeFileSync(path, JSON.stringify({ backend: 'redis', backendConfig: options }))
    const configuration = new Configuration({ file: await readFile(path) })
    const { PROMHIVE_BACKEND_CLASS, PROMHIVE_BACKEND_CONFIG, PROMHIVE_CONFIGURATION } = workerEnvironment(
      configuration.settings,
    )
    expect(PROMHIVE_BACKEND_CLASS).toBe('promhive/redis#redis')
    expect(JSON.parse(PROMHIVE_BACKEND_CONFIG!)).toEqual(options)
    for (const text of [explain(configuration), PROMHIVE_CONFIGURATION]) expect(text).not.toContain('hush')
  })

  test.skipIf(!hasRedis)(
    'reaches processes by their environment, as the variables do',
    { timeout: 60_000 },
    async ({ stage }) => {
      const server = await RedisServer.start(stage)
      const { url } = server
      const settings = new Configuration({
        code: { backend: 'redis', backendConfig: JSON.stringify({ url, flushInterval: 0.1 }) },
      }).settings
      const { PROMHIVE_BACKEND_CLASS, PROMHIVE_BACKEND_CONFIG } = workerEnvironment(settings)
      const environments: Record<string, string>[] = [
        { PROMHIVE_BACKEND_CLASS: PROMHIVE_BACKEND_CLASS!, PROMHIVE_BACKEND_CONFIG: PROMHIVE_BACKEND_CONFIG! },
        {
          PROMHIVE_BACKEND_CLASS: 'promhive/redis#redis',
          PROMHIVE_REDIS_URL: url,
          PROMHIVE_REDIS_FLUSH_INTERVAL: '0.1',
        },
      ]
      const actors = await Promise.all(environments.map((env) => stage.start('actor.mjs', { env })))
      for (const actor of actors) await actor.ask('count', 'jobs_total', {}, 3)
      for (const actor of actors) {
        await until(
          async () => new Exposition(await actor.ask('scrape')).value('jobs_total'),
          (value) => value === 6,
        )
      }
      const broken = Actor.launch('actor.mjs', {
        env: { ...environments[0], PROMHIVE_BACKEND_CONFIG: '{"password":"hush"' },
      })
      stage.after(() => void broken.kill())
      await broken.started().then(
        () => broken.ask('scrape').catch(() => {}),
        () => {},
      )
      expect(broken.errors).toContain('its text is not JSON')
      expect(broken.errors).not.toContain('hush')
    },
  )
})
