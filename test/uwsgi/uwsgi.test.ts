import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { Registry } from '../../src/index.js'
import { uwsgiCollector, uwsgiProbe } from '../../src/uwsgi.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { freePort } from '../helpers/processes/port.js'
import { test } from '../helpers/processes/stage.js'
import { SupervisedApplication } from '../helpers/processes/supervised.js'
import { until } from '../helpers/processes/until.js'
import { hasPromtool, promtoolSays } from '../helpers/promtool.js'
import { hasUwsgi, UwsgiServer } from '../helpers/uwsgi/uwsgi-server.js'

const timeout = 120_000

/** What uwsgi_exporter shows of a server with one socket, without cores and caches. */
const families = {
  uwsgi_up: '',
  uwsgi_exporter_scrapes_total: '',
  uwsgi_exporter_scrape_errors_total: '',
  uwsgi_exporter_scrape_duration_seconds_sum: '',
  uwsgi_exporter_scrape_duration_seconds_count: '',
  uwsgi_exporter_last_scrape_error: '',
  uwsgi_listen_queue_length: 'stats_uri',
  uwsgi_listen_queue_errors: 'stats_uri',
  uwsgi_signal_queue_length: 'stats_uri',
  uwsgi_workers: 'stats_uri',
  uwsgi_socket_queue_length: 'stats_uri,name,proto',
  uwsgi_socket_max_queue_length: 'stats_uri,name,proto',
  uwsgi_socket_shared: 'stats_uri,name,proto',
  uwsgi_socket_can_offload: 'stats_uri,name,proto',
  uwsgi_worker_accepting: 'stats_uri,worker_id',
  uwsgi_worker_delta_requests: 'stats_uri,worker_id',
  uwsgi_worker_signal_queue_length: 'stats_uri,worker_id',
  uwsgi_worker_rss_bytes: 'stats_uri,worker_id',
  uwsgi_worker_vsz_bytes: 'stats_uri,worker_id',
  uwsgi_worker_running_time_seconds: 'stats_uri,worker_id',
  uwsgi_worker_last_spawn_time_seconds: 'stats_uri,worker_id',
  uwsgi_worker_average_response_time_seconds: 'stats_uri,worker_id',
  uwsgi_worker_apps: 'stats_uri,worker_id',
  uwsgi_worker_cores: 'stats_uri,worker_id',
  uwsgi_worker_busy: 'stats_uri,worker_id',
  uwsgi_worker_idle: 'stats_uri,worker_id',
  uwsgi_worker_cheap: 'stats_uri,worker_id',
  uwsgi_worker_requests_total: 'stats_uri,worker_id',
  uwsgi_worker_exceptions_total: 'stats_uri,worker_id',
  uwsgi_worker_harakiri_count_total: 'stats_uri,worker_id',
  uwsgi_worker_signals_total: 'stats_uri,worker_id',
  uwsgi_worker_respawn_count_total: 'stats_uri,worker_id',
  uwsgi_worker_transmitted_bytes_total: 'stats_uri,worker_id',
  uwsgi_worker_app_startup_time_seconds: 'stats_uri,worker_id,app_id,mountpoint,chdir',
  uwsgi_worker_app_requests_total: 'stats_uri,worker_id,app_id,mountpoint,chdir',
  uwsgi_worker_app_exceptions_total: 'stats_uri,worker_id,app_id,mountpoint,chdir',
}

const ofCores = ['requests', 'static_requests', 'routed_requests', 'offloaded_requests', 'write_errors', 'read_errors']

async function scrape(uri: string | readonly string[], options: { cores?: boolean } = {}): Promise<Exposition> {
  const registry = new Registry()
  registry.registerCollector(uwsgiCollector({ uri, registers: [registry], ...options }))
  return new Exposition(await registry.metrics())
}

/** Name → its label names, as they are shown. */
function shape({ samples }: Exposition): Record<string, string> {
  const shown = [...samples.keys()].map((sample) => {
    const [, name = '', labels = ''] = /^([^{]+)(?:\{(.*)\})?$/.exec(sample)!
    return [name, [...labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)].map(([, label]) => label).join(',')]
  })
  return Object.fromEntries(shown)
}

describe.runIf(hasUwsgi)('a real uWSGI', () => {
  test.for([
    ['a unix socket', ['--stats', '{folder}/stats'], (folder: string) => `unix://${folder}/stats`],
    ['TCP', ['--stats', '127.0.0.1:{port}'], (_: string, port: number) => `tcp://127.0.0.1:${port}`],
    ['HTTP', ['--stats', '127.0.0.1:{port}', '--stats-http'], (_: string, port: number) => `http://127.0.0.1:${port}`],
  ] as const)(
    'is shown in the families of uwsgi_exporter, over %s',
    { timeout },
    async ([, args, address], { stage }) => {
      const port = await freePort()
      const uwsgi = await UwsgiServer.start(
        stage,
        args.map((word) => word.replace('{port}', String(port))),
      )
      const uri = address(uwsgi.folder, port)
      // It counts a request after it has answered it: here the one by which the test saw that it serves.
      const before = await until(
        () => scrape(uri),
        (seen) => seen.total('uwsgi_worker_requests_total') > 0,
      )
      for (let i = 0; i < 10; i++) await uwsgi.ask('/')
      // It closes the connection of a client that requests this.
      await uwsgi.ask('/boom').catch(() => {})
      await uwsgi.ask('/slow')
      const seen = await until(
        () => scrape(uri),
        (after) =>
          after.total('uwsgi_worker_requests_total') === before.total('uwsgi_worker_requests_total') + 12 &&
          after.total('uwsgi_worker_running_time_seconds') > 0.2,
      )
      expect(shape(seen)).toEqual(families)
      expect(seen.value('uwsgi_up')).toBe(1)
      expect(seen.value(`uwsgi_workers{stats_uri="${uri}"}`)).toBe(2)
      expect(seen.total('uwsgi_worker_exceptions_total')).toBe(1)
      expect(seen.total('uwsgi_worker_app_requests_total')).toBe(seen.total('uwsgi_worker_requests_total'))
      expect(seen.total('uwsgi_worker_running_time_seconds')).toBeLessThan(60)
      expect(seen.total('uwsgi_worker_cores')).toBe(4)
      expect(seen.total('uwsgi_worker_rss_bytes')).toBeGreaterThan(1_000_000)
      expect(seen.types.get('uwsgi_worker_requests_total')).toBe('counter')
      expect(seen.types.get('uwsgi_worker_running_time_seconds')).toBe('gauge')
    },
  )

  test('has series for cores on request, and for caches', { timeout }, async ({ stage }) => {
    const uwsgi = await UwsgiServer.start(stage, ['--stats', '{folder}/stats', '--cache2', 'name=pages,items=10'])
    const seen = await scrape(join(uwsgi.folder, 'stats'), { cores: true })
    const cores = Object.fromEntries(
      ofCores.map((name) => [`uwsgi_worker_core_${name}_total`, 'stats_uri,worker_id,core_id']),
    )
    const caches = ['hits', 'misses', 'full', 'items', 'max_items'].map((name) => [
      `uwsgi_cache_${name}`,
      'stats_uri,name',
    ])
    const busy = { uwsgi_worker_core_busy: 'stats_uri,worker_id,core_id' }
    expect(shape(seen)).toEqual({ ...families, ...cores, ...busy, ...Object.fromEntries(caches) })
    expect(seen.total('uwsgi_cache_max_items')).toBeGreaterThanOrEqual(10)
    expect(Object.keys(seen.labelled('uwsgi_worker_core_busy'))).toHaveLength(4)
    if (hasPromtool) expect(promtoolSays(seen.text)).toBe('')
  })

  test('that ends is down, and several are distinguished', { timeout }, async ({ stage }) => {
    const uwsgi = await UwsgiServer.start(stage, ['--stats', '{folder}/stats'])
    const [alive, gone] = [join(uwsgi.folder, 'stats'), join(uwsgi.folder, 'nobody')]
    const seen = await scrape([alive, gone])
    expect(seen.labelled('uwsgi_up')).toEqual({ [`stats_uri="${alive}"`]: 1, [`stats_uri="${gone}"`]: 0 })
    expect(seen.value('uwsgi_exporter_scrapes_total')).toBe(2)
    expect(seen.value('uwsgi_exporter_scrape_errors_total')).toBe(1)
    expect(seen.value(`uwsgi_workers{stats_uri="${alive}"}`)).toBe(2)

    const down = await scrape(gone)
    expect(Object.fromEntries(down.samples)).toEqual({
      uwsgi_up: 0,
      uwsgi_exporter_last_scrape_error: 1,
      uwsgi_exporter_scrapes_total: 1,
      uwsgi_exporter_scrape_errors_total: 1,
      uwsgi_exporter_scrape_duration_seconds_sum: 0,
      uwsgi_exporter_scrape_duration_seconds_count: 0,
    })
  })
})

describe.runIf(process.platform === 'linux')('promhive run', () => {
  test('is shown in the families of uwsgi_exporter', { timeout }, async ({ stage }) => {
    const path = join(stage.folder(), 'stats')
    const app = await SupervisedApplication.start(stage, { args: ['--workers', '2', '--stats', path] })
    for (let i = 0; i < 10; i++) await app.ask()
    await app.ask('/fail')
    const seen = await until(
      () => scrape(path),
      (after) =>
        after.total('uwsgi_worker_requests_total') === 11 &&
        after.total('uwsgi_worker_exceptions_total') === 1 &&
        after.total('uwsgi_worker_idle') === 2,
    )
    // Values that it does not have are not shown, instead of being shown as 0.
    const missing = [
      'uwsgi_listen_queue_errors',
      'uwsgi_signal_queue_length',
      'uwsgi_socket_max_queue_length',
      'uwsgi_socket_shared',
      'uwsgi_socket_can_offload',
      'uwsgi_worker_signal_queue_length',
      'uwsgi_worker_signals_total',
      'uwsgi_worker_transmitted_bytes_total',
      'uwsgi_worker_apps',
    ]
    const all = Object.entries(families).filter(([name]) => !missing.includes(name) && !name.includes('_app_'))
    expect(shape(seen)).toEqual(Object.fromEntries(all))
    expect(seen.total('uwsgi_worker_respawn_count_total')).toBe(2)
  })
})

describe('the collector', () => {
  test.for([
    [{ uri: 'nowhere' }, /uri must be unix/],
    [{ uri: [] }, /names no stats server/],
    [{ uri: '/run/app', timeout: 5 }, /timeout must be/],
    [{}, /uri must be/],
  ] as const)('refuses %j', ([options, text]) => {
    expect(() => uwsgiCollector(options as never)).toThrow(text)
  })
})

describe.runIf(hasUwsgi)('uwsgiProbe', () => {
  test('shows the requested server, and reads no file or socket', { timeout }, async ({ stage }) => {
    const port = await freePort()
    await UwsgiServer.start(stage, ['--stats', `127.0.0.1:${port}`])
    const server = createServer(uwsgiProbe({ allow: (target) => target.includes('127.0.0.1') }))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    stage.after(() => void server.close())
    const base = `http://127.0.0.1:${(server.address() as { port: number }).port}`
    const probe = (target: string) => ask(`${base}/probe?target=${encodeURIComponent(target)}`)
    const target = `tcp://127.0.0.1:${port}`
    for (let n = 0; n < 2; n++) {
      const seen = new Exposition((await probe(target)).body)
      expect(seen.value('uwsgi_up')).toBe(1)
      expect(seen.total('uwsgi_workers')).toBeGreaterThan(0)
      expect(Object.keys(seen.labelled('uwsgi_workers'))).toEqual([`stats_uri="${target}"`])
      expect(seen.value('uwsgi_exporter_scrapes_total')).toBe(1)
    }
    const away = new Exposition((await probe(`tcp://127.0.0.1:${await freePort()}`)).body)
    expect(away.value('uwsgi_up')).toBe(0)
    const statuses = ['tcp://10.0.0.7:9191', 'file:///etc/passwd', 'unix:///run/x', '/run/x', ''].map(
      async (other) => (await probe(other)).status,
    )
    expect(await Promise.all(statuses)).toEqual([403, 400, 400, 400, 400])
    expect((await ask(`${base}/`)).status).toBe(404)
    const posted = await ask(`${base}/probe?target=tcp://127.0.0.1:1`, 'POST')
    expect([posted.status, posted.headers.allow]).toEqual([405, 'GET, HEAD'])
  })
})
