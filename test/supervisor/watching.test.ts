import { readdirSync, readFileSync, statSync } from 'node:fs'
import { type ClientHttp2Session, connect } from 'node:http2'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { Exposition } from '../helpers/processes/exposition.js'
import { test } from '../helpers/processes/stage.js'
import { loadOn, SupervisedApplication } from '../helpers/processes/supervised.js'
import { until } from '../helpers/processes/until.js'

const timeout = 180_000

describe.runIf(process.platform === 'linux')('the supervisor watches', () => {
  test('a scrape answers while every worker is blocked; then they are reported and replaced', {
    timeout,
  }, async ({ stage }) => {
    const reports = join(stage.folder(), 'made', 'by', 'it')
    const args = ['--workers', '2', '--timeout', '12', '--report-dir', reports]
    const env = { DATABASE_PASSWORD: 'in the environment alone' }
    const app = await SupervisedApplication.start(stage, { args, env })
    const pids = app.workerPids()
    const blocked = new Set<string>()
    await until(
      async () => blocked.add(await app.ask('/block')),
      ({ size }) => size === 2,
    )
    // On a machine that others load as well a blocked one gets only a part of a processor, and not in every second.
    const scrape = await app.shows((seen) =>
      [1, 2].every(
        (id) => seen.value(state(id, 'blocked')) === 1 && seen.value(`app_worker_cpu_percent{worker_id="${id}"}`)! > 0,
      ),
    )
    expect(scrape.value('app_worker_memory_bytes{worker_id="2"}')).toBeGreaterThan(10_000_000)
    expect(scrape.total('app_worker_requests_total')).toBe(blocked.size)

    const after = await app.shows(
      (seen) =>
        seen.value('app_primary_worker_restarts_total{reason="timeout"}') === 2 &&
        [1, 2].every((id) => seen.value(state(id, 'running')) === 1),
    )
    expect(after.total('app_worker_requests_total')).toBe(2)
    expect(app.workerPids().filter((pid) => pids.includes(pid))).toEqual([])
    expect(await app.ask()).toMatch(/^\d+$/)
    const names = readdirSync(reports)
    expect(names).toHaveLength(2)
    for (const name of names) {
      const file = join(reports, name)
      const text = readFileSync(file, 'utf8')
      expect(text).not.toContain(env.DATABASE_PASSWORD)
      const { javascriptStack } = JSON.parse(text)
      expect(javascriptStack.stack.join('\n')).toMatch(/serves\.mjs:3\d/)
      expect(statSync(file).mode & 0o777).toBe(0o600)
    }
    await app.says(/has been in \S+ at \S*serves\.mjs:3\d for/)
  })

  test('a worker above its memory is replaced, and no request is lost', { timeout }, async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, { args: ['--workers', '1', '--max-rss', '190M'] })
    const [first] = app.workerPids()
    const load = loadOn(app.port, { clients: 3 })
    await app.ask('/hoard')
    await app.shows((seen) => seen.value('app_primary_worker_restarts_total{reason="max_rss"}') === 1)
    await until(
      () => app.workerPids(),
      (pids) => pids.length === 1 && pids[0] !== first,
    )
    const { faults, sent } = await load.stop()
    expect(faults).toEqual({})
    await app.shows((seen) => seen.total('app_worker_requests_total') === sent + 1)
  })

  test('the number of series is the same after 50 recycled workers, and every request is counted', {
    timeout: 2 * timeout,
  }, async ({ stage }) => {
    const args = ['--workers', '2', '--max-requests', '5', '--max-requests-jitter', '3']
    const app = await SupervisedApplication.start(stage, { args })
    await app.ask('/fail')
    await app.shows((seen) => seen.total('app_worker_failed_requests_total') === 1)
    const series = ({ samples }: Exposition): string[] => [...samples.keys()].filter((name) => name.startsWith('app_'))
    const recycled = 'app_primary_worker_restarts_total{reason="max_requests"}'
    let answered = 1
    const recycle = async (workers: number): Promise<Exposition> => {
      const load = loadOn(app.port, { clients: 4 })
      // However long it takes.
      await until(
        () => app.scrape(),
        (seen) => seen.value(recycled)! >= workers,
        timeout,
      )
      const { faults, sent } = await load.stop()
      expect(faults).toEqual({})
      answered += sent
      await until(
        () => app.workerPids(),
        (pids) => pids.length === 2,
      )
      return app.shows(
        (seen) =>
          seen.total('app_worker_requests_total') === answered &&
          [1, 2].every((id) => seen.value(state(id, 'running')) === 1),
      )
    }
    const before = await recycle(4)
    const scrape = await recycle(50)
    expect(series(scrape)).toEqual(series(before))
    expect(scrape.total('app_worker_request_duration_seconds_count')).toBe(answered)
    expect(Object.keys(scrape.labelled('app_worker_state'))).toHaveLength(2 * 6)
  })

  test('HTTP/2 is counted too, and a reload closes its connections gracefully', { timeout }, async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, { app: 'serves-http2.mjs', args: ['--workers', '1'] })
    const faults: string[] = []
    const pids = new Set<string>()
    let answered = 0
    let session: ClientHttp2Session | undefined
    const ask = (path = '/'): Promise<void> =>
      new Promise((resolve) => {
        if (session === undefined) {
          const fresh = (session = connect(`http://127.0.0.1:${app.port}`))
          const leave = (): void => {
            if (session === fresh) session = undefined
          }
          fresh.on('goaway', leave).on('close', leave)
          fresh.on('error', (error) => faults.push(String(error)))
          stage.after(() => fresh.destroy())
        }
        let body = ''
        const request = session.request({ ':path': path })
        request.on('data', (chunk) => (body += chunk))
        // A request that crosses the notice is refused: in HTTP/2 that means that it was not processed and may be sent again.
        request.on('error', (error) => {
          if (!error.message.includes('REFUSED_STREAM')) faults.push(String(error))
        })
        request.on('close', () => {
          if (body !== '') {
            answered++
            pids.add(body)
          }
          resolve()
        })
        request.end()
      })
    await ask('/fail')
    await ask()
    expect(pids.size).toBe(2)
    app.signal('SIGHUP')
    while (pids.size < 3) await ask()
    expect(faults).toEqual([])
    const scrape = await app.shows((seen) => seen.total('app_worker_requests_total') >= answered)
    expect(scrape.total('app_worker_requests_total')).toBe(answered)
    expect(scrape.total('app_worker_failed_requests_total')).toBe(1)
  })

  test('failed requests and errors are counted by their type', { timeout }, async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, { args: ['--workers', '1'] })
    await app.ask('/fail')
    await app.ask('/throw').catch(() => {})
    const scrape = await app.shows((seen) => seen.total('app_worker_failed_requests_total') === 2)
    expect(scrape.labelled('app_worker_error_handling_total')).toEqual({
      'endpoint="unknown",error_type="RangeError",method="GET",worker_id="1"': 1,
      'endpoint="unknown",error_type="http_503",method="GET",worker_id="1"': 1,
    })
    await app.shows((seen) => seen.value('app_primary_worker_restarts_total{reason="exit"}') === 1)
    // No worker listens until the next one does.
    await until(
      () => app.ask().catch(() => ''),
      (pid) => /^\d+$/.test(pid),
    )
    await app.shows((seen) => seen.total('app_worker_requests_total') === 3)
  })

  test('no word of a request gets into the labels of those that failed', { timeout }, async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, { app: 'serves-routers.mjs', args: ['--workers', '1'] })
    for (const tenant of ['acme', 'globex']) {
      await app.ask(`/tenants/${tenant}/items/7`)
      await app.ask(`/tenants/${tenant}/fails`)
      await app.ask(`/shops/${tenant}/orders/7`)
      await app.ask(`/${tenant}`, 'PROPFIND')
    }
    const scrape = await app.shows((seen) => seen.total('app_worker_failed_requests_total') === 8)
    expect(scrape.labelled('app_worker_failed_requests_total')).toEqual({
      'endpoint="/tenants/:tenant/fails",method="GET",worker_id="1"': 2,
      'endpoint="/tenants/:tenant/items/:item",method="GET",worker_id="1"': 2,
      'endpoint="/shops/:shop/orders/:order",method="GET",worker_id="1"': 2,
      'endpoint="unknown",method="_OTHER",worker_id="1"': 2,
    })
  })

  test.for([{ register: false }, { register: true }])(
    'workers that never had a request are there, with 0 (register: $register)',
    { timeout },
    async ({ register }, { stage }) => {
      const args = ['--workers', '3', '--compat', 'gunicorn', '--dir', stage.directory(), '--host', '127.0.0.1']
      const told = ['--bind', '127.0.0.1:8000', '--worker-class', 'gthread']
      const app = await SupervisedApplication.start(stage, {
        app: 'serves.cjs',
        args: [...args, ...told, ...(register ? ['--register'] : [])],
      })
      const idle = { 'worker_id="1"': 0, 'worker_id="2"': 0, 'worker_id="3"': 0 }
      // They count as soon as they have loaded promhive; the values of the kernel follow at the supervisor's next check.
      const scrape = await app.shows((seen) =>
        ['requests_total', 'request_duration_seconds_count', 'memory_bytes'].every(
          (name) => Object.keys(seen.labelled(`gunicorn_worker_${name}`)).length === 3,
        ),
      )
      expect(scrape.labelled('gunicorn_worker_requests_total')).toEqual(idle)
      expect(scrape.labelled('gunicorn_worker_request_duration_seconds_count')).toEqual(idle)
      expect(Object.keys(scrape.labelled('gunicorn_worker_memory_bytes'))).toHaveLength(3)
      const [info] = Object.keys(scrape.labelled('gunicorn_config_info'))
      for (const text of ['workers="3"', 'bind="127.0.0.1:8000"', 'worker_class="gthread"'])
        expect(info).toContain(text)
    },
  )

  test("under compat: gunicorn, the names and labels are those of gunicorn's exporter", {
    timeout,
  }, async ({ stage }) => {
    const dir = stage.directory()
    const args = ['--workers', '2', '--compat', 'gunicorn', '--dir', dir, '--host', '127.0.0.1']
    const app = await SupervisedApplication.start(stage, { args })
    await app.ask('/fail')
    await app.ask()
    app.signal('SIGHUP')
    const scrape = await app.shows(
      (seen) =>
        seen.value('gunicorn_master_worker_restarts_total') === 2 && seen.total('gunicorn_worker_requests_total') === 2,
    )
    expect(scrape.value('gunicorn_master_signals_total{signal="hup"}')).toBe(1)
    const labels = (name: string): string[] =>
      Object.keys(scrape.labelled(name)).map((text) => text.replaceAll(/="[^"]*"/g, ''))
    for (const name of ['requests_total', 'memory_bytes', 'cpu_percent', 'uptime_seconds']) {
      expect(labels(`gunicorn_worker_${name}`), name).toEqual(['worker_id', 'worker_id'])
    }
    expect(labels('gunicorn_worker_state')).toEqual(['state,timestamp,worker_id', 'state,timestamp,worker_id'])
    expect(labels('gunicorn_worker_failed_requests_total')).toEqual(['endpoint,method,worker_id'])
    expect(labels('gunicorn_worker_error_handling_total')).toEqual(['endpoint,error_type,method,worker_id'])
    const bounds = Object.keys(scrape.labelled('gunicorn_worker_request_duration_seconds_bucket'))
      .filter((text) => text.includes('worker_id="1"'))
      .map((text) => /le="([^"]*)"/.exec(text)![1])
    expect(bounds).toEqual(['0.1', '0.5', '1', '2.5', '5', '10', '30', '60', '+Inf'])
  })
})

function state(id: number, name: string): string {
  return `app_worker_state{worker_id="${id}",app_worker_state="${name}"}`
}
