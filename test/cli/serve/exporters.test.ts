import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { EtcdServer, hasEtcd } from '../../helpers/etcd/etcd-server.js'
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

  test('of several applications: one of two processes sends, and the other when it was killed', { timeout }, async ({
    stage,
  }) => {
    const { directory, path, env } = placesIn(stage)
    const blog = stage.directory('blog')
    const actor = await stage.start('actor.mjs', { env: { PROMHIVE_DIR: directory } })
    await actor.ask('count', 'jobs_total', {}, 3)
    const jobs = () => shownIn(path)?.value('jobs_total{application="shop"}')
    const first = await promhiveServe(stage, ['--dir', `shop=${directory}`, '--dir', `blog=${blog}`], env)
    await until(jobs, (seen) => seen === 3)
    // The other one has the directories in another order.
    const standby = await promhiveServe(stage, ['--dir', `blog=${blog}`, '--dir', `shop=${directory}`], env)
    const sends = async ({ url }: { url: string }) =>
      /^promhive_serve_exporter_sends\{exporter="textFile"\} (\d)$/m.exec((await ask(url)).body)?.[1]
    await until(
      () => sends(standby),
      (is) => is === '0',
    )
    expect(await sends(first)).toBe('1')
    const { body } = await ask(standby.url)
    expect(body).toMatch(/^promhive_serve_exports_total\{exporter="textFile",result="ok"\} 0$/m)
    process.kill(first.pid, 'SIGKILL')
    await actor.ask('count', 'jobs_total', {}, 4)
    await until(jobs, (seen) => seen === 7)
    await until(
      () => sends(standby),
      (is) => is === '1',
    )
    expect(standby.errors()).toBe('')
  })

  test('waits for an application of several that sends already, and needs no directory of the others', {
    timeout,
  }, async ({ stage }) => {
    const { directory, path, env } = placesIn(stage)
    const program = join(import.meta.dirname, '../../export/text-file/programs/writes.mjs')
    const actor = await stage.start(program, { env: { PROMHIVE_DIR: directory } })
    await actor.ask('count', 'jobs_total', {}, 3)
    await actor.ask('start', { path, interval: 3600 })
    await until(
      () => actor.ask('last'),
      (last) => last === 'ok',
    )
    const missing = join(stage.folder(), 'missing')
    await promhiveServe(stage, ['--dir', `shop=${directory}`, '--dir', `blog=${missing}`], env)
    await pause(2_500)
    expect(shownIn(path)?.value('jobs_total')).toBe(3)
    await actor.kill()
    await until(
      () => shownIn(path)?.value('jobs_total{application="shop"}'),
      (seen) => seen === 3,
    )
  })

  test.runIf(hasEtcd).for(['one directory', 'several', ...(hasRedis ? ['Redis'] : [])])(
    'shows where its port is announced, of %s, beside what the application shows',
    { timeout },
    async (what, { stage }) => {
      const etcd = await EtcdServer.start(stage)
      const directory = stage.directory()
      const env = { PROMHIVE_ETCD: etcd.url }
      const args =
        what === 'one directory'
          ? ['--dir', directory]
          : what === 'several'
            ? ['--dir', `a=${directory}`, '--dir', `b=${stage.directory('b')}`]
            : ['--redis', (await startRedis(stage)).url]
      if (what !== 'Redis') {
        const program = join(import.meta.dirname, '../../runtime/targets/programs/announces.mjs')
        const shop = await stage.start(program, { env: { PROMHIVE_DIR: directory } })
        await shop.ask('announce', { url: etcd.url, address: 'web1:9464' })
      }
      const served = await promhiveServe(stage, args, env)
      const { body } = await until(
        () => ask(served.url),
        ({ body }) =>
          /^promhive_serve_targets_announced\{by="etcd"\} 1$/m.test(body) &&
          (what === 'Redis' || /^promhive_targets_announced\{.*by="etcd".*\} 1$/m.test(body)),
      )
      expect(body).toMatch(/^promhive_serve_target_announcement_failures_total\{by="etcd"\} 0$/m)
    },
  )

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
