import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { promhiveServe } from '../../helpers/processes/command.js'
import { Exposition } from '../../helpers/processes/exposition.js'
import { ask } from '../../helpers/processes/http.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { pause, until } from '../../helpers/processes/until.js'
import { hasRedis } from '../../helpers/redis/redis-server.js'
import { startRedis } from '../../helpers/redis/started-redis.js'

const timeout = 60_000

describe('promhive serve starts the exporters of the environment', () => {
  test('from a directory, counts them, and sends the last numbers when it ends', { timeout }, async ({ stage }) => {
    const { directory, path, env } = placesIn(stage)
    const actor = await stage.start('actor.mjs', { env: { PROMHIVE_DIR: directory } })
    await actor.ask('count', 'jobs_total', {}, 3)
    const served = await promhiveServe(stage, [], { ...env, PROMHIVE_DIR: directory })
    await until(
      () => jobsIn(path),
      (jobs) => jobs === 3,
    )
    // It sends next in an hour: what follows is of the end.
    await actor.ask('count', 'jobs_total', {}, 4)
    const { body } = await ask(served.url)
    expect(body).toMatch(/^promhive_serve_exports_total\{exporter="textFile",result="ok"\} 1$/m)
    expect(body).toMatch(/^promhive_serve_exports_total\{exporter="textFile",result="failed"\} 0$/m)
    expect(body).toMatch(/^promhive_serve_export_last_success_timestamp_seconds\{exporter="textFile"\} 1/m)
    // It is no process of the application.
    expect(body).toMatch(/^promhive_writers\{state="live"\} 1$/m)
    expect([await served.stop(), served.errors()]).toEqual([0, ''])
    expect(jobsIn(path)).toBe(7)
  })

  test('of several applications, with their label', { timeout }, async ({ stage }) => {
    const { directory, path, env } = placesIn(stage)
    const actor = await stage.start('actor.mjs', { env: { PROMHIVE_DIR: directory } })
    await actor.ask('count', 'jobs_total', {}, 3)
    const args = ['--dir', `a=${directory}`, '--dir', `b=${stage.directory('other')}`]
    const served = await promhiveServe(stage, args, env)
    await until(
      () => shownIn(path)?.value('jobs_total{application="a"}'),
      (jobs) => jobs === 3,
    )
    await served.stop()
  })

  test('leaves the sending to a process of the application that sends already', { timeout }, async ({ stage }) => {
    const { directory, path, env } = placesIn(stage)
    const program = join(import.meta.dirname, '../../export/text-file/programs/writes.mjs')
    const actor = await stage.start(program, { env: { PROMHIVE_DIR: directory } })
    await actor.ask('count', 'jobs_total', {}, 3)
    await actor.ask('start', { path, interval: 3600 })
    await until(
      () => actor.ask('last'),
      (last) => last === 'ok',
    )
    await actor.ask('count', 'jobs_total', {}, 4)
    const served = await promhiveServe(stage, ['--dir', directory], env)
    // Longer than it takes to export once.
    await pause(3_000)
    expect(jobsIn(path)).toBe(3)
    await actor.kill()
    await until(
      () => jobsIn(path),
      (jobs) => jobs === 7,
    )
    await served.stop()
  })

  test.runIf(hasRedis)('does so for an application in Redis', { timeout }, async ({ stage }) => {
    const { url } = await startRedis(stage)
    const { path, env } = placesIn(stage)
    const program = join(import.meta.dirname, '../../export/text-file/programs/writes.mjs')
    const redis = { PROMHIVE_BACKEND_CLASS: 'promhive/redis#redis', PROMHIVE_REDIS_URL: url }
    const actor = await stage.start(program, { env: redis })
    await actor.ask('count', 'jobs_total', {}, 3)
    await actor.ask('start', { path, interval: 3600 })
    await until(
      () => actor.ask('last'),
      (last) => last === 'ok',
    )
    rmSync(path)
    const served = await promhiveServe(stage, ['--redis', url], env)
    // Longer than it takes to export once.
    await pause(3_000)
    expect(jobsIn(path)).toBeUndefined()
    await actor.kill()
    await until(
      () => jobsIn(path),
      (jobs) => jobs === 3,
      20_000,
    )
    await served.stop()
  })

  test('reports one that cannot start, and serves', { timeout }, async ({ stage }) => {
    const { directory } = placesIn(stage)
    const served = await promhiveServe(stage, ['--dir', directory], { PROMHIVE_TEXT_FILE: '/run/shop.txt' })
    await until(
      () => served.errors(),
      (text) => text.includes('the exporter textFile has not been started: startTextFile: node_exporter reads only'),
    )
    expect((await ask(served.url)).status).toBe(200)
    expect(await served.stop()).toBe(0)
  })
})

/** A directory of an application, and a file that is written at the start and at the end. */
function placesIn(stage: Stage) {
  const path = join(stage.folder(), 'shop.prom')
  const env = { PROMHIVE_TEXT_FILE: path, PROMHIVE_EXPORTERS: '{"textFile":{"interval":3600}}' }
  return { directory: stage.directory(), path, env }
}

function jobsIn(path: string): number | undefined {
  return shownIn(path)?.value('jobs_total')
}

function shownIn(path: string): Exposition | undefined {
  return readdirSync(join(path, '..')).includes('shop.prom') ? new Exposition(readFileSync(path, 'utf8')) : undefined
}
