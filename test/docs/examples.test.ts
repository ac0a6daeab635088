import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect } from 'vitest'
import { DocumentationPage } from '../helpers/documentation-page.js'
import { type Actor, cleanEnvironment } from '../helpers/processes/actor.js'
import { provideDist, root } from '../helpers/processes/dist.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { freePort } from '../helpers/processes/port.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis } from '../helpers/redis/redis-server.js'
import { startRedis } from '../helpers/redis/started-redis.js'

const bin = join(root, 'dist', 'esm', 'cli', 'bin.js')
const execute = promisify(execFile)

const pages = {
  functions: new DocumentationPage('docs/measuring-functions.md'),
  summaries: new DocumentationPage('docs/summaries.md'),
  python: new DocumentationPage('docs/coming-from-prometheus-client.md'),
  pytheus: new DocumentationPage('docs/coming-from-pytheus.md'),
  gunicorn: new DocumentationPage('docs/coming-from-gunicorn-prometheus-exporter.md'),
  uwsgi: new DocumentationPage('docs/coming-from-uwsgi-flask.md'),
}

/** Runs a file of a page to its end and returns its output. */
async function run(folder: string, file: string, env: Record<string, string> = {}): Promise<Exposition> {
  provideDist()
  const options = { cwd: folder, env: { ...cleanEnvironment(), ...env } }
  const { stdout, stderr } = await execute(process.execPath, [join(folder, file)], options)
  expect(stderr).toBe('')
  return new Exposition(stdout)
}

/** Replaces a text in a file of a page. */
function replaceIn(path: string, text: string, other: string): void {
  const content = readFileSync(path, 'utf8')
  expect(content).toContain(text)
  writeFileSync(path, content.replace(text, other))
}

/** The samples, without the buckets and sums of durations. */
function samples(seen: Exposition): Record<string, number> {
  return Object.fromEntries([...seen.samples].filter(([sample]) => !/_(?:bucket|sum)(?:\{|$)/.test(sample)))
}

/** The body at a URL, as soon as it matches. */
function at(url: string, is: (seen: Exposition) => boolean): Promise<Exposition> {
  return until(async () => {
    const answer = await ask(url).catch(() => undefined)
    return new Exposition(answer?.status === 200 ? answer.body : '')
  }, is)
}

/** A command of a page that runs until the test ends: `npx promhive …`. */
function start(stage: Stage, { env, args }: ReturnType<DocumentationPage['command']>, cwd: string): Actor {
  const [npx, promhive, ...rest] = args
  expect([npx, promhive]).toEqual(['npx', 'promhive'])
  return stage.launch(bin, { args: rest, env, cwd })
}

/** Ends a supervisor, and so its workers. */
async function stop(actor: Actor): Promise<void> {
  actor.child.kill('SIGTERM')
  expect((await actor.ended).code).toBe(0)
}

describe.each(Object.entries(pages))('the page for %s', (_, page) => {
  test('names the file of every program and configuration, so that this test runs it', () => {
    const programs = page.blocks.filter(({ language }) => ['js', 'ts', 'json', 'yaml'].includes(language))
    expect(programs.length).toBeGreaterThan(0)
    expect(programs.filter(({ file }) => file === undefined).map(({ text }) => text)).toEqual([])
    expect(page.brokenLinks()).toEqual([])
  })
})

describe('summaries', () => {
  test('waits.mjs', async ({ stage }) => {
    const folder = stage.folder()
    pages.summaries.install(folder)
    const seen = await run(folder, 'waits.mjs')
    expect(seen.value('queue_wait_seconds_count')).toBe(3)
    expect(Math.abs(seen.value('queue_wait_seconds{quantile="0.5"}')! - 0.2)).toBeLessThanOrEqual(0.004)
  })
})

describe('measuring functions', { concurrent: true }, () => {
  test('mail.mjs', async ({ stage }) => {
    const folder = stage.folder()
    pages.functions.install(folder)
    expect(samples(await run(folder, 'mail.mjs'))).toEqual({
      mail_total: 2,
      mail_duration_seconds_count: 2,
      mail_in_progress: 0,
      'mail_errors_total{error_type="RangeError"}': 1,
    })
  })

  test('jobs.mjs', async ({ stage }) => {
    const folder = stage.folder()
    pages.functions.install(folder)
    expect(samples(await run(folder, 'jobs.mjs'))).toEqual({
      'job_total{queue="mail",size="small"}': 1,
      'job_duration_seconds_count{queue="mail",size="small"}': 1,
      'job_in_progress{queue="mail"}': 0,
    })
  })

  test('mailer.ts', async ({ stage }) => {
    const folder = stage.folder()
    pages.functions.install(folder)
    const compilerOptions = { target: 'es2022', module: 'nodenext', strict: true, skipLibCheck: true, types: [] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['mailer.ts'] }))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    const program = `
      import { register } from 'promhive'
      import { Mailer } from './mailer.js'
      await new Mailer().send('ada')
      console.log(await register.metrics())`
    writeFileSync(join(folder, 'run.mjs'), program)
    provideDist()
    await execute(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder])
    expect((await run(folder, 'run.mjs')).value('mail_total')).toBe(1)
  })
})

describe('coming from Python’s client', { concurrent: true }, () => {
  test('app.mjs shows the sum of four workers', async ({ stage }) => {
    const folder = stage.folder()
    const [app, metrics] = [await freePort(), await freePort()]
    pages.python.install(folder, { 8000: app, 9464: metrics })
    stage.launch(join(folder, 'app.mjs'), { cwd: folder })
    const hello = () => ask(`http://127.0.0.1:${app}/`).catch(() => undefined)
    await until(hello, (answer) => answer?.status === 200)
    for (let i = 0; i < 7; i++) await hello()
    const seen = await at(`http://127.0.0.1:${metrics}/metrics`, (now) => (now.value('my_requests_total') ?? 0) >= 8)
    expect(seen.value('my_requests_total')).toBe(8)
  })

  test('recipe.mjs returns all metrics', async ({ stage }) => {
    const folder = stage.folder()
    const port = await freePort()
    pages.python.install(folder, { 8000: port })
    const env = { PROMETHEUS_MULTIPROC_DIR: stage.directory() }
    stage.launch(join(folder, 'recipe.mjs'), { cwd: folder, env })
    const seen = await at(`http://127.0.0.1:${port}/`, (now) => (now.value('my_counter') ?? 0) >= 1)
    expect(seen.value('my_counter')).toBeGreaterThanOrEqual(1)
  })

  test('names.mjs', async ({ stage }) => {
    const folder = stage.folder()
    pages.python.install(folder)
    const seen = await run(folder, 'names.mjs')
    // As docs/coming-from-uwsgi-flask.md counts them.
    expect([...seen.samples.keys()].filter((sample) => sample.startsWith('request_seconds'))).toHaveLength(14)
    const { inprogress_requests: time, ...shown } = samples(seen)
    expect(time).toBeGreaterThan(1e9)
    expect(shown).toEqual({
      'http_requests_total{method="GET",status="200"}': 2,
      queue_length: 1,
      request_seconds_count: 1,
      parse_total: 1,
      parse_duration_seconds_count: 1,
      parse_in_progress: 0,
      'my_build_info{version="1.2.3"}': 1,
      'task_state{task_state="running"}': 1,
      'task_state{task_state="starting"}': 0,
    })
  })
})

describe('coming from pytheus', { concurrent: true }, () => {
  test.skipIf(!hasRedis)('app.mjs counts in Redis', async ({ stage }) => {
    const folder = stage.folder()
    const { port } = await startRedis(stage)
    pages.pytheus.install(folder, { 6379: port })
    // Time for a busy machine: beside other tests, Redis and the program may wait for a processor.
    replaceIn(join(folder, 'app.mjs'), "key_prefix: 'shop'", "key_prefix: 'shop', scrapeTimeout: 60, closeTimeout: 60")
    expect((await run(folder, 'app.mjs')).value('cache_hit_total')).toBe(1)
  })

  test('environment.mjs counts in the directory that the configuration names', async ({ stage }) => {
    const folder = stage.folder()
    pages.pytheus.install(folder)
    // Not in the directory of the page, which an application of this machine may have.
    const dir = stage.directory()
    replaceIn(join(folder, 'backend.json'), '/dev/shm/shop', dir)
    const { env, args } = pages.pytheus.command('node ')
    expect(args).toEqual(['node', 'environment.mjs'])
    expect((await run(folder, 'environment.mjs', env)).value('jobs_total')).toBe(1)
    const inspect = start(stage, { env: {}, args: ['npx', 'promhive', 'inspect', dir] }, folder)
    expect((await inspect.ended).code).toBe(0)
    expect(inspect.output).toContain('jobs_total')
  })

  test('own.mjs counts in a backend of the protocol', async ({ stage }) => {
    const folder = stage.folder()
    pages.pytheus.install(folder)
    const seen = await run(folder, 'own.mjs')
    expect(seen.value('cache_hit_total{cache="pages"}')).toBe(1)
    expect(seen.value('job_seconds_bucket{le="1"}')).toBe(1)
  })
})

describe('coming from gunicorn-prometheus-exporter', { concurrent: true }, () => {
  test('app.mjs with hooks.mjs runs under gunicorn’s names', async ({ stage }) => {
    const folder = stage.folder()
    const port = await freePort()
    const page = pages.gunicorn
    page.install(folder)
    const plain = 'npx promhive run app.mjs --compat gunicorn --workers 2 --bind 127.0.0.1:8000'
    expect(page.command(plain).args.join(' ')).toBe(plain)
    const command = page.command(`${plain} --hooks`, { 8000: port })
    const metrics = await freePort()
    const env = { PROMETHEUS_METRICS_PORT: String(metrics), PROMETHEUS_MULTIPROC_DIR: stage.directory() }
    const supervisor = start(stage, { args: command.args, env: { ...command.env, ...env } }, folder)
    const url = `http://127.0.0.1:${metrics}/metrics`
    await at(url, (now) => now.total('gunicorn_worker_state') >= 2)
    await until(
      () => ask(`http://127.0.0.1:${port}/`).catch(() => undefined),
      (answer) => answer?.status === 200,
    )
    expect((await ask(`http://127.0.0.1:${port}/fails`)).status).toBe(500)
    const seen = await at(
      url,
      (now) =>
        now.total('gunicorn_worker_requests_total') >= 2 && now.total('gunicorn_worker_failed_requests_total') >= 1,
    )
    expect(seen.total('gunicorn_worker_requests_total')).toBe(2)
    expect(seen.value('gunicorn_master_worker_restarts_total')).toBe(0)
    expect(supervisor.errors).toContain('worker 1 started')
    await stop(supervisor)
  })

  test('jobs.mjs', async ({ stage }) => {
    const folder = stage.folder()
    pages.gunicorn.install(folder)
    expect(samples(await run(folder, 'jobs.mjs'))).toEqual({
      custom_requests_total: 1,
      custom_memory_bytes: 1024,
      job_total: 2,
      job_duration_seconds_count: 2,
      job_in_progress: 0,
      'job_errors_total{error_type="TypeError"}': 1,
    })
  })
})

describe('coming from uWSGI with Flask', { concurrent: true }, () => {
  test('app.mjs has request_count and request_latency_seconds', async ({ stage }) => {
    const folder = stage.folder()
    const [app, metrics] = [await freePort(), await freePort()]
    pages.uwsgi.install(folder, { 8000: app })
    const supervisor = start(stage, pages.uwsgi.command('npx promhive run', { 9464: metrics }), folder)
    const user = () => ask(`http://127.0.0.1:${app}/users/1`).catch(() => undefined)
    await until(user, (answer) => answer?.status === 200)
    await user()
    const count = 'request_count{endpoint="/users/:id",http_status="200",method="GET"}'
    const seen = await at(`http://127.0.0.1:${metrics}/metrics`, (now) => (now.value(count) ?? 0) >= 2)
    expect(seen.value(count)).toBe(2)
    expect(seen.value('request_latency_seconds_count{endpoint="/users/:id"}')).toBe(2)
    await stop(supervisor)
  })

  test('uwsgi.mjs shows a server that does not answer', async ({ stage }) => {
    const folder = stage.folder()
    pages.uwsgi.install(folder)
    const { stdout } = await execute(process.execPath, [join(folder, 'uwsgi.mjs')], { env: cleanEnvironment() })
    expect(new Exposition(stdout).value('uwsgi_up')).toBe(0)
  })
})
