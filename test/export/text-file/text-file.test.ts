import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { TextFile } from '../../../src/export/text-file/text-file.js'
import { Registry } from '../../../src/index.js'
import { startTextFile } from '../../../src/text-file.js'
import { Exposition } from '../../helpers/processes/exposition.js'
import { ask } from '../../helpers/processes/http.js'
import { startServer } from '../../helpers/processes/prometheus-program.js'
import { sharedBackends, test } from '../../helpers/processes/stage.js'
import { SupervisedApplication } from '../../helpers/processes/supervised.js'
import { until } from '../../helpers/processes/until.js'

const program = fileURLToPath(new URL('programs/writes.mjs', import.meta.url))
const hasNodeExporter = spawnSync('prometheus-node-exporter', ['--version'], { stdio: 'ignore' }).status === 0

describe.each(sharedBackends)('the text file ($backend)', ({ env }) => {
  test('has the numbers of all processes, from one of them, and from another one after a SIGKILL', async ({
    stage,
  }) => {
    const path = join(stage.folder(), 'shop.prom')
    const options = { env: { ...env, PROMHIVE_DIR: stage.directory() } }
    const one = await stage.start(program, options)
    const two = await stage.start(program, options)
    await one.ask('count', 'jobs_total', {}, 3)
    await two.ask('count', 'jobs_total', {}, 4)
    expect(await one.ask('start', { path, interval: 0.2 })).toBe(true)
    await until(
      () => jobsIn(path),
      (jobs) => jobs === 7,
    )
    expect(await two.ask('start', { path, interval: 0.2 })).toBe(true)
    await until(
      () => two.ask('last'),
      (last) => last === 'standby',
    )
    await one.kill()
    await two.ask('count', 'jobs_total', {}, 10)
    await until(
      () => jobsIn(path),
      (jobs) => jobs === 17,
    )
    expect(await two.ask('last')).toBe('ok')
    await two.ask('count', 'jobs_total', {}, 1)
    await two.ask('stop')
    expect(jobsIn(path)).toBe(18)
    const scrape = (await two.ask('scrape')) as string
    expect(selfMetric(scrape, 'promhive_exports_total{exporter="textFile",result="ok"}')).toBeGreaterThan(1)
    const lines = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('#'))
    const sent = selfMetric(scrape, 'promhive_exported_samples_total{exporter="textFile"}')
    // The last export had every line of the file, and those before it had fewer.
    expect(sent).toBeGreaterThanOrEqual(lines.length)
  })
})

describe('the text file', () => {
  test('counts the samples that it has', async ({ stage }) => {
    const path = join(stage.folder(), 'shop.prom')
    const actor = await stage.start(program, { env: { PROMHIVE_DIR: stage.directory() } })
    for (let i = 0; i < 20; i++) await actor.ask('count', 'jobs_total', { kind: `k${i}` }, 1)
    await actor.ask('start', { path, interval: 3600 })
    await until(
      () => actor.ask('last'),
      (last) => last === 'ok',
    )
    const lines = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('#')).length
    const scrape = (await actor.ask('scrape')) as string
    expect(selfMetric(scrape, 'promhive_exported_samples_total{exporter="textFile"}')).toBe(lines)
  })

  test('is replaced in one step, with the permissions of the options, and unfinished files are removed', async ({
    stage,
  }) => {
    const folder = stage.folder()
    const path = join(folder, 'shop.prom')
    const [old, recent] = ['.shop.prom.1-0.tmp', '.shop.prom.2-0.tmp']
    for (const name of [old, recent]) writeFileSync(join(folder, name), 'x')
    utimesSync(join(folder, old), 1, 1)
    writeFileSync(path, 'before')
    chmodSync(path, 0o600)
    const before = statSync(path).ino
    const exporter = startTextFile({ path, mode: '640', interval: 3600 })
    stage.after(() => exporter.stop())
    expect(await exporter.send()).toBe('ok')
    expect(statSync(path).ino).not.toBe(before)
    expect(statSync(path).mode & 0o777).toBe(0o640)
    expect(readdirSync(folder).sort()).toEqual([recent, 'shop.prom'])
  })

  test('is removed at the stop if the options say so', async ({ stage }) => {
    const folder = stage.folder()
    const path = join(folder, 'shop.prom')
    const exporter = startTextFile({ path, removeAtStop: true, interval: 3600 })
    expect(await exporter.send()).toBe('ok')
    expect(readdirSync(folder)).toEqual(['shop.prom'])
    await exporter.stop()
    expect(readdirSync(folder)).toEqual([])
  })

  test('a path that is a directory is reported as such', async ({ stage }) => {
    const path = join(stage.folder(), 'shop.prom')
    mkdirSync(path)
    const send = new TextFile({ path }).send(new Registry({ scope: 'process' }), new AbortController().signal)
    await expect(send).rejects.toThrow('it is a directory: name a file in it')
  })

  test('keeps its last content, and the application runs on, while the directory is missing', async ({ stage }) => {
    const folder = join(stage.folder(), 'later')
    const path = join(folder, 'shop.prom')
    const actor = await stage.start(program, { env: { PROMHIVE_DIR: stage.directory() } })
    await actor.ask('start', { path, interval: 0.1 })
    await until(
      () => actor.ask('last'),
      (last) => last === 'failed',
    )
    expect(actor.errors).toContain(`textFile: the metrics could not be sent to ${path}`)
    expect(actor.errors).toContain(`the directory ${folder} does not exist: create it`)
    mkdirSync(folder)
    await until(
      () => actor.ask('last'),
      (last) => last === 'ok',
    )
    rmSync(folder, { recursive: true })
    await until(
      () => actor.ask('last'),
      (last) => last === 'failed',
    )
    await until(
      () => actor.errors.split(`the directory ${folder} does not exist: create it`).length,
      (parts) => parts === 3,
    )
    const scrape = (await actor.ask('scrape')) as string
    expect(selfMetric(scrape, 'promhive_exports_total{exporter="textFile",result="failed"}')).toBeGreaterThan(0)
    await actor.ask('stop')
  })

  test.for<[string, unknown, string]>([
    ['a path that node_exporter does not read', { path: '/run/shop.txt' }, 'name it "/run/shop.prom"'],
    ['a name without an ending', { path: '/run/shop' }, 'name it "/run/shop.prom"'],
    ['no path', {}, 'path must be a file, got undefined'],
    ['permissions that are none', { path: '/run/a.prom', mode: 'rw' }, 'mode must be permissions such as 0o644'],
    ['permissions without reading', { path: '/run/a.prom', mode: 0 }, 'does not let the owner read'],
    ['an interval of zero', { path: '/run/a.prom', interval: 0 }, 'interval must be a number of seconds'],
    ['an unknown option', { path: '/run/a.prom', intervall: 1 }, 'did you mean "interval"?'],
    ['a registry that is none', { path: '/run/a.prom', registry: {} }, "registry must be one of promhive's"],
  ])('refuses %s', ([, options, text]) => {
    expect(() => startTextFile(options as never)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining(text) }),
    )
  })

  test.runIf(hasNodeExporter)(
    'is read by a real node_exporter, from a supervisor that the environment configures',
    async ({ stage }) => {
      const folder = stage.folder()
      const args = ['--collector.disable-defaults', '--collector.textfile', `--collector.textfile.directory=${folder}`]
      const node = await startServer(stage, 'prometheus-node-exporter', args)
      const env = { PROMHIVE_TEXT_FILE: join(folder, 'shop.prom'), PROMHIVE_EXPORTERS: '{"textFile":{"interval":0.2}}' }
      await SupervisedApplication.start(stage, { args: ['--workers', '2'], env })
      const read = async (): Promise<Exposition> => new Exposition((await ask(`${node}/metrics`)).body)
      await until(read, (text) => text.total('app_config_info') === 1)
      expect((await read()).value('node_textfile_scrape_error')).toBe(0)
    },
  )
})

function jobsIn(path: string): number | undefined {
  try {
    return new Exposition(readFileSync(path, 'utf8')).value('jobs_total')
  } catch {
    return undefined
  }
}

function selfMetric(scrape: string, sample: string): number {
  return Number(
    scrape
      .split('\n')
      .find((line) => line.startsWith(`${sample} `))
      ?.split(' ')[1],
  )
}
