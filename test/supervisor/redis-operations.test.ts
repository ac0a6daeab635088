import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { freePort } from '../helpers/processes/port.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { SupervisedApplication, type SupervisedOptions } from '../helpers/processes/supervised.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const timeout = 120_000
const args = ['--workers', '2']

/** Starts an application, sends it a number of requests, and stops it; returns its log. */
async function runOnce(stage: Stage, requests: number, options: SupervisedOptions): Promise<string> {
  const application = await SupervisedApplication.launch(stage, { args, ...options })
  await application.says(/workers? serves? /)
  for (let i = 0; i < requests; i++) await application.ask()
  application.signal('SIGTERM')
  expect(await application.ended).toBe(0)
  return application.output
}

describe.skipIf(!hasRedis)('promhive run with Redis', () => {
  test('counts the requests of this run when it stops, whatever the backend has or lacks', {
    timeout,
  }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const redis = (url: string): Record<string, string> => ({
      PROMHIVE_BACKEND_CLASS: 'promhive/redis#redis',
      PROMHIVE_REDIS_URL: url,
      PROMHIVE_REDIS_KEY_PREFIX: 'shop',
      PROMHIVE_REDIS_CLOSE_TIMEOUT: '0.3',
    })
    const away = redis(`redis://127.0.0.1:${await freePort()}`)
    const [first, down, none] = await Promise.all([
      runOnce(stage, 2, { env: redis(server.url) }),
      runOnce(stage, 3, { env: away }),
      runOnce(stage, 4, { args: [...args, '--no-metrics'] }),
    ])
    expect(first).toMatch(/stopped after \S+ s: 2 workers, 2 requests answered\n/)
    expect(first).toMatch(new RegExp(`look: promhive top --redis URL --prefix shop .*127.0.0.1:${server.port}`))
    expect(down).toMatch(/stopped after \S+ s: 2 workers, 3 requests answered\n/)
    expect(none).toMatch(/stopped after \S+ s: 2 workers, 4 requests answered\n/)
    // The service has the counts of the first run as well.
    const second = await runOnce(stage, 1, { env: redis(server.url) })
    expect(second).toMatch(/stopped after \S+ s: 2 workers, 1 request answered\n/)

    // Supervisor and workers warn in lines of the log, each with the code to look for.
    const warnings = down.split('\n').filter((line) => /FLUSH_FAILED|COUNTS_LOST/.test(line))
    expect(warnings.length).toBeGreaterThanOrEqual(3)
    expect(warnings.filter((line) => !/^promhive: .*\(PROMHIVE_[A-Z_]+\)$/.test(line))).toEqual([])
  })

  test('names settings and variables that have no effect, and the key of the file in errors', {
    timeout,
  }, async ({ stage }) => {
    const start = async (config: object, env: Record<string, string> = {}): Promise<string> => {
      const file = join(stage.folder(), 'promhive.json')
      writeFileSync(file, JSON.stringify(config))
      const given = { args: ['--workers', '1', '--config', file], env }
      const application = await SupervisedApplication.launch(stage, given)
      // A configuration that is refused ends it.
      await application.says(/serves /).catch(() => {})
      if (!application.over) application.signal('SIGTERM')
      await application.ended
      return application.output
    }
    const secret = 'redis://:hush@127.0.0.1:1'
    const [unused, misspelt, missing, file] = await Promise.all([
      start({ backendConfig: { url: secret } }, { PROMHIVE_REDIS_URL: secret }),
      start({ backend: 'redis', backendConfig: { url: secret, keyPrefxi: 'shop' } }),
      start({ backend: './nowhere.mjs' }),
      start({ backend: 'redis', backendConfig: '/nowhere/redis.json' }),
    ])
    expect(unused).toMatch(/backendConfig \(.*promhive\.json: \S*backendConfig\) has no effect.*set backend/)
    expect(unused.match(/PROMHIVE_REDIS_URL has no effect here.*PROMHIVE_BACKEND_CLASS=/g)).toHaveLength(1)
    expect(misspelt).toMatch(/promhive\.json: backendConfig: redis could not be made .*keyPrefxi/)
    expect(missing).toMatch(/promhive\.json: backend: there is no module \.\/nowhere\.mjs/)
    expect(file).toMatch(/promhive\.json: backendConfig: \/nowhere\/redis\.json cannot be read/)
    for (const output of [unused, misspelt, missing, file]) expect(output).not.toContain('hush')
    for (const output of [misspelt, missing, file]) expect(output).not.toContain('PROMHIVE_BACKEND')
  })
})
