import { request } from 'node:http'
import { connect } from 'node:http2'
import { describe, expect } from 'vitest'
import { metricNaming } from '../../src/supervisor/gunicorn/metric-naming.js'
import { LostRequestCounts, lossReason } from '../../src/supervisor/lost-requests.js'
import { OpenRequests, OpenRequestsFile, openTable, tableBytes } from '../../src/supervisor/open-requests.js'
import type { Exposition } from '../helpers/processes/exposition.js'
import { freePort } from '../helpers/processes/port.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { SupervisedApplication, type SupervisedOptions } from '../helpers/processes/supervised.js'

const timeout = 180_000

describe('the table of open requests', () => {
  test('shows by method how many were open, and for how long', ({ stage }) => {
    const file = OpenRequestsFile.create(stage.folder())!
    const table = openTable(file.descriptor, undefined)
    table.begin('GET', 1_000_000)
    table.begin('GET', 1_002_000)
    table.begin('POST', 1_000_000)
    table.begin('BREW', 1_004_000)
    table.end('POST', 1_000_000)
    table.flush()
    expect(file.take(1_005_000)).toEqual({
      answered: 1,
      lost: [
        { method: 'GET', count: 2, seconds: 4 },
        { method: '_OTHER', count: 1, seconds: 1 },
      ],
    })
  })

  test('has an end a turn of the loop later, and at once with the next request', async ({ stage }) => {
    for (const next of [() => new Promise((resolve) => setTimeout(resolve, 5)), undefined]) {
      const file = OpenRequestsFile.create(stage.folder())!
      const table = openTable(file.descriptor, undefined)
      table.begin('GET', 1)
      table.end('GET', 1)
      if (next === undefined) table.begin('POST', 1)
      else await next()
      expect(file.take().lost.map(({ method }) => method)).toEqual(next === undefined ? ['POST'] : [])
    }
  })

  test('is empty once all was counted', ({ stage }) => {
    const file = OpenRequestsFile.create(stage.folder())!
    const table = openTable(file.descriptor, undefined)
    table.begin('GET', 1)
    table.clear()
    expect(file.take()).toEqual({ answered: 1, lost: [] })
  })

  test('has no name, and what a worker wrote into it is checked', async ({ stage }) => {
    const folder = stage.folder()
    const { readdirSync, writeSync, ftruncateSync } = await import('node:fs')
    for (const values of [
      [Number.NaN, 1],
      [1e300, 1],
      [-3, 1],
      [0.5, 1],
    ]) {
      const file = OpenRequestsFile.create(folder)!
      expect(readdirSync(folder)).toEqual([])
      const bytes = new Uint8Array(new Float64Array(values).buffer)
      writeSync(file.descriptor, bytes, 0, 16, 0)
      // The last cell has how many requests were answered.
      writeSync(file.descriptor, bytes, 0, 8, tableBytes - 8)
      expect(file.take()).toEqual({ answered: 0, lost: [] })
    }
    const file = OpenRequestsFile.create(folder)!
    ftruncateSync(file.descriptor, 0)
    expect(file.take()).toEqual({ answered: 0, lost: [] })
  })

  test('is a plain one where the supervisor has handed over none', () => {
    for (const descriptor of [undefined, 0, 9999]) expect(openTable(descriptor, undefined)).toBeInstanceOf(OpenRequests)
    expect(tableBytes).toBeLessThanOrEqual(4096)
    expect(OpenRequestsFile.create('/nowhere/at/all')).toBeUndefined()
  })
})

test.for([
  ['timeout', null, 'SIGKILL', 'timeout'],
  ['oom', null, 'SIGKILL', 'oom'],
  ['signal', null, 'SIGKILL', 'killed'],
  ['signal', null, 'SIGSEGV', 'killed'],
  ['exit', 1, null, 'exit'],
  ['reload', 0, null, 'exit'],
  ['reload', null, 'SIGKILL', 'graceful_timeout'],
  ['max_rss', null, 'SIGKILL', 'graceful_timeout'],
  ['stop', null, 'SIGKILL', 'graceful_timeout'],
  ['start_failed', null, 'SIGKILL', 'killed'],
] as const)(
  'a worker that ended by %s, code %s, signal %s lost its requests by %s',
  ([why, code, signal, expected]) => {
    expect(lossReason(why, { code, signal })).toBe(expected)
  },
)

test('counts lost requests as requests, too', async () => {
  const { register } = await import('../../src/index.js')
  new LostRequestCounts(metricNaming('none', 'lost_')).count(3, [{ method: 'PUT', count: 2, seconds: 1.5 }], 'oom')
  const text = await register.metrics()
  expect(text).toContain('lost_worker_requests_total{worker_id="3"} 2')
  expect(text).toContain('lost_worker_request_duration_seconds_sum{worker_id="3"} 3')
  expect(text).toContain('lost_worker_failed_requests_total{endpoint="unknown",method="PUT",worker_id="3"} 2')
  expect(text).toContain(
    'lost_worker_error_handling_total{endpoint="unknown",error_type="oom",method="PUT",worker_id="3"} 2',
  )
})

describe.runIf(process.platform === 'linux')('a request whose worker ends while it answers is a failed one', () => {
  const start = (stage: Stage, options: SupervisedOptions = {}) =>
    SupervisedApplication.start(stage, {
      app: 'never-answers.mjs',
      ...options,
      args: ['--workers', '1', ...(options.args ?? [])],
    })
  const ask = (stage: Stage, app: SupervisedApplication, path: string, method = 'GET'): void => {
    const asked = request({ host: '127.0.0.1', port: app.port, path, method }).on('error', () => {})
    asked.end()
    stage.after(() => void asked.destroy())
  }
  const labels = (method: string, type?: string) =>
    `endpoint="unknown",${type === undefined ? '' : `error_type="${type}",`}method="${method}",worker_id="1"`
  const failed = (seen: Exposition): number => seen.total('app_worker_failed_requests_total')
  const error = (seen: Exposition, method: string, type: string): number =>
    seen.value(`app_worker_error_handling_total{${labels(method, type)}}`) ?? 0

  for (const [backend, env] of [
    ['with the addon', {}],
    ['without it', { PROMHIVE_NATIVE: 'off' }],
  ] as const) {
    test(`killed, ${backend}: each of them once, by method`, { timeout }, async ({ stage }) => {
      const app = await start(stage, { env })
      const [worker] = app.workerPids()
      for (let i = 0; i < 3; i++) ask(stage, app, '/wait')
      ask(stage, app, '/wait', 'POST')
      await app.says(/waiting 4/)
      process.kill(worker!, 'SIGKILL')
      const seen = await app.shows(
        (scrape) => error(scrape, 'GET', 'killed') === 3 && error(scrape, 'POST', 'killed') === 1,
      )
      expect(failed(seen)).toBe(4)
      expect(seen.value(`app_worker_failed_requests_total{${labels('GET')}}`)).toBe(3)
      expect(seen.total('app_worker_requests_total')).toBe(4)
      expect(seen.total('app_worker_request_duration_seconds_count')).toBe(4)
      await app.says(/ended with 4 unanswered requests \(killed\)/)
      // Counted once, whatever ends next.
      await app.says(/serves, after 1 end/)
      const next = await app.ask('/pid')
      await app.shows((scrape) => scrape.total('app_worker_requests_total') === 5)
      process.kill(Number(next), 'SIGKILL')
      await app.shows((scrape) => scrape.value('app_primary_worker_restarts_total{reason="signal"}') === 2)
      expect(failed(await app.scrape())).toBe(4)
    })
  }

  test('blocked, and ended by the watchdog', { timeout }, async ({ stage }) => {
    const app = await start(stage, { args: ['--timeout', '3', '--no-report'] })
    ask(stage, app, '/block')
    const seen = await app.shows((scrape) => error(scrape, 'GET', 'timeout') === 1)
    expect(failed(seen)).toBe(1)
    expect(seen.value('app_worker_request_duration_seconds_sum{worker_id="1"}')).toBeGreaterThan(1)
  })

  test('asked to leave, and killed when its time was over', { timeout }, async ({ stage }) => {
    const env = { PORT2: String(await freePort()) }
    const app = await start(stage, { args: ['--graceful-timeout', '1'], env })
    ask(stage, app, '/wait')
    await app.says(/waiting 1/)
    const session = connect(`http://127.0.0.1:${env.PORT2}`).on('error', () => {})
    stage.after(() => session.destroy())
    session.request({ ':path': '/' }).on('error', () => {})
    await app.says(/waiting 2/)
    app.signal('SIGHUP')
    const seen = await app.shows((scrape) => error(scrape, 'GET', 'graceful_timeout') === 2)
    expect(failed(seen)).toBe(2)
  })

  test('ended by the application itself, but not the requests that were answered', { timeout }, async ({ stage }) => {
    const app = await start(stage)
    expect(await app.ask('/answered-exit')).toBe('answered')
    await app.shows((scrape) => scrape.total('app_worker_requests_total') === 1)
    await app.says(/serves, after 1 end/)
    ask(stage, app, '/wait')
    await app.says(/waiting 1/)
    ask(stage, app, '/exit')
    const seen = await app.shows((scrape) => error(scrape, 'GET', 'exit') === 2)
    expect(failed(seen)).toBe(2)
    expect(seen.total('app_worker_requests_total')).toBe(3)
    await app.says(/(serves, after 1 end[\s\S]*){2}/)
    // An uncaught exception is counted in the worker, under its name, and nowhere else.
    ask(stage, app, '/throw')
    const thrown = await app.shows((scrape) => error(scrape, 'GET', 'RangeError') === 1)
    expect(failed(thrown)).toBe(3)
  })

  test('under the names of gunicorn, whichever part counts the others', { timeout: 2 * timeout }, async ({ stage }) => {
    for (const more of [[], ['--register']]) {
      const args = ['--compat', 'gunicorn', '--dir', stage.directory(), '--host', '127.0.0.1', ...more]
      const app = await start(stage, { args })
      ask(stage, app, '/wait')
      await app.says(/waiting 1/)
      process.kill(app.workerPids()[0]!, 'SIGKILL')
      const seen = await app.shows((scrape) => scrape.total('gunicorn_worker_error_handling_total') === 1)
      expect(seen.value(`gunicorn_worker_error_handling_total{${labels('GET', 'killed')}}`)).toBe(1)
      expect(seen.value(`gunicorn_worker_failed_requests_total{${labels('GET')}}`)).toBe(1)
    }
  })
})
