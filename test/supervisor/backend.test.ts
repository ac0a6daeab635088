import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { type Stage, test } from '../helpers/processes/stage.js'
import { loadOn, SupervisedApplication, type SupervisedOptions } from '../helpers/processes/supervised.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const timeout = 240_000
const app = 'counts-purchases.mjs'
const args = ['--workers', '2']

/** The environment that names a backend in Redis. */
function environment(stage: Stage, options: object): Record<string, string> {
  const file = join(stage.folder(), 'backend.json')
  writeFileSync(file, JSON.stringify(options))
  return { PROMHIVE_BACKEND_CLASS: 'promhive/redis', PROMHIVE_BACKEND_CONFIG: file }
}

/** Starts an application, and returns its output if it did not start. */
async function refusal(stage: Stage, options: SupervisedOptions): Promise<{ code: number | null; output: string }> {
  const application = await SupervisedApplication.launch(stage, { app, args, ...options })
  const code = await application.ended
  expect(application.output).not.toMatch(/workers serve/)
  return { code, output: application.output }
}

describe.skipIf(!hasRedis)('promhive run with a backend in Redis', () => {
  test.for([
    ['the environment names it', {}, []],
    ['there is a directory as well', {}, ['--compat', 'gunicorn']],
    ['the processes of the host share a directory', { perHost: true }, ['--dir']],
  ] as const)(
    'shows what the workers count when %s, and loses nothing in a reload',
    { timeout },
    async ([, more, flags], { stage }) => {
      const server = await RedisServer.start(stage)
      const options = { url: server.url, keyPrefix: 'shop', flushInterval: 0.2, ...more }
      const directory = flags[0] === '--dir' ? [stage.directory()] : []
      // Not gunicorn's default: another user may own that.
      const env = {
        ...environment(stage, options),
        ...(directory.length === 0 && { PROMETHEUS_MULTIPROC_DIR: stage.directory() }),
      }
      const application = await SupervisedApplication.start(stage, {
        ...{ app, args: [...args, ...flags, ...directory], env },
      })
      // An application that loads slowly counts as one without ports at first.
      await until(() => application.ask().catch(() => ''), Boolean)
      const load = loadOn(application.port, { clients: 4 })
      await until(load.answered, (answered) => answered > 20)
      const before = application.workerPids()
      application.signal('SIGHUP')
      await application.says(/reloaded 2 workers/)
      await until(
        () => application.workerPids(),
        (pids) => pids.length === 2 && pids.every((pid) => !before.includes(pid)),
      )
      const { sent, answered, faults } = await load.stop()
      expect([answered, faults], application.output).toEqual([sent, {}])
      const requests = flags[0] === '--compat' ? 'gunicorn_worker_requests_total' : 'app_worker_requests_total'
      // One request before the load.
      const all = sent + 1
      const seen = await application.shows(
        (page) => page.total(requests) >= all && page.total('purchases_total') >= all,
      )
      expect([seen.total(requests), seen.value('purchases_total')]).toEqual([all, all])
      application.signal('SIGTERM')
      expect(await application.ended).toBe(0)
    },
  )

  test('starts where the application names the same one itself', { timeout }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const own = { url: server.url.replace('127.0.0.1', 'localhost'), keyPrefix: 'shop' }
    const application = await SupervisedApplication.start(stage, {
      app,
      args,
      env: { ...environment(stage, { url: server.url, keyPrefix: 'shop' }), BACKEND: JSON.stringify(own) },
    })
    // A worker that loads slowly counts as one without ports at first.
    await until(() => application.ask().catch(() => ''), Boolean)
    await application.shows((page) => page.value('purchases_total') === 1)
  })

  test('does not start where the application counts elsewhere than its supervisor', { timeout }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const url = server.url.replace('//', '//metrics:s3cret@')
    const shop = environment(stage, { url: server.url, keyPrefix: 'shop' })
    const dir = stage.directory()
    for (const [env, backend, supervisor, worker] of [
      [{}, { url, keyPrefix: 'shop' }, `directory`, `redis 127.0.0.1:${server.port}/0 {shop}`],
      [
        shop,
        { url, keyPrefix: 'till' },
        `redis 127.0.0.1:${server.port}/0 {shop}`,
        `redis 127.0.0.1:${server.port}/0 {till}`,
      ],
      [shop, { dir }, `redis 127.0.0.1:${server.port}/0 {shop}`, `directory ${dir}`],
      [{}, { dir }, `directory`, `directory ${dir}`],
    ] as const) {
      const { code, output } = await refusal(stage, { env: { ...env, BACKEND: JSON.stringify(backend) } })
      expect(code).toBe(1)
      expect(output).toMatch(/the supervisor counts in .*, and the application in .*: the metrics port would not show/)
      expect(output).toContain(`the supervisor counts in ${supervisor}`)
      expect(output).toContain(`the application in ${worker}`)
      expect(output).not.toContain('s3cret')
    }
    // Without a metrics port nothing reads the supervisor's backend.
    const apart = await SupervisedApplication.launch(stage, {
      ...{ app, args: [...args, '--no-metrics'], env: { BACKEND: JSON.stringify({ url: server.url }) } },
    })
    await apart.says(/2 workers serve/)
  })

  test('does not start where the backend cannot be made, or a directory is named for it', {
    timeout,
  }, async ({ stage }) => {
    const missing = { PROMHIVE_BACKEND_CLASS: 'promhive/redis', PROMHIVE_BACKEND_CONFIG: '/nowhere.json' }
    expect(await refusal(stage, { env: missing })).toEqual({
      code: 1,
      output: expect.stringContaining('PROMHIVE_BACKEND_CONFIG: /nowhere.json cannot be read'),
    })
    const redis = environment(stage, { url: 'redis://127.0.0.1:1' })
    expect(await refusal(stage, { env: redis, args: ['--dir', stage.directory()] })).toEqual({
      code: 1,
      output: expect.stringContaining('--dir and PROMHIVE_BACKEND_CLASS exclude each other'),
    })
  })
})
