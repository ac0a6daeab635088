import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { serviceFamilies } from '../../src/store/redis/service-families.js'
import { root } from '../helpers/processes/dist.js'
import { test } from '../helpers/processes/stage.js'
import { loadOn, SupervisedApplication } from '../helpers/processes/supervised.js'
import { until } from '../helpers/processes/until.js'
import { hasPrometheus, PrometheusServer } from '../helpers/prometheus-server.js'
import { hasPromtool } from '../helpers/promtool.js'

const timeout = 180_000
const example = join(root, 'examples', 'prometheus')

// The names of the supervisor's families without a custom prefix.
const args = ['--workers', '3', '--register', '--metric-prefix', 'promhive_']

describe.skipIf(!hasPrometheus)('a real Prometheus (needs Debian’s prometheus)', () => {
  test('sees every request once, and no reset, through a reload, a kill and more workers', {
    timeout,
  }, async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, { args })
    const prometheus = await PrometheusServer.start(stage, app.url)
    const load = loadOn(app.port, { clients: 4 })
    app.signal('SIGHUP')
    await becomes(prometheus, 'promhive_primary_worker_restarts_total{reason="reload"}', 3)
    app.signal('SIGTTIN')
    await becomes(prometheus, 'sum(promhive_worker_state{promhive_worker_state="running"})', 4)
    const reached = load.answered() + 200
    await until(load.answered, (answered) => answered >= reached)
    const { sent, faults } = await load.stop()
    expect(faults).toEqual({})
    await becomes(prometheus, 'sum(http_requests_total)', sent)
    process.kill(app.workerPids()[0]!, 'SIGKILL')
    await becomes(prometheus, 'promhive_primary_worker_restarts_total{reason="signal"}', 1)
    await becomes(prometheus, 'sum(promhive_worker_state{promhive_worker_state="running"})', 4)
    // A scrape may have come too late for Prometheus, which takes the series for gone until the next one.
    expect(await prometheus.value('sum(last_over_time(http_requests_total[1h]))')).toBe(sent)
    await app.ask()
    await becomes(prometheus, 'sum(http_requests_total)', sent + 1)
    // Over all that it has scraped.
    expect(await prometheus.value('sum(resets(http_requests_total[1h]))')).toBe(0)
    expect(await prometheus.value('sum(resets(http_request_duration_seconds_bucket[1h]))')).toBe(0)
    expect(await prometheus.value('sum(resets(promhive_worker_requests_total[1h]))')).toBe(0)
    expect(await prometheus.value('count(last_over_time(promhive_worker_requests_total[1h]))')).toBe(4)
    expect(await prometheus.value('count(ALERTS{alertstate="firing"})')).toBeUndefined()
  })

  test('alerts on a worker with a blocked event loop', { timeout }, async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, { args })
    const prometheus = await PrometheusServer.start(stage, app.url)
    await app.ask('/block')
    await becomes(prometheus, 'ALERTS{alertname="WorkersBlocked", severity="warning"}', 1)
    await becomes(prometheus, 'up', 1)
  })
})

describe.skipIf(!hasPromtool)('the alerts among the examples', () => {
  test.for([
    ['check', 'config', 'prometheus.yml'],
    ['test', 'rules', 'alerts.test.yml', 'healthy.test.yml'],
  ])('promtool %s %s %s', (command) => {
    const { status, stdout, stderr } = spawnSync('promtool', command, { cwd: example, encoding: 'utf8' })
    expect(status, `${stdout}${stderr}`).toBe(0)
  })

  test('ask for families and labels that an application shows', async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, { args })
    // A worker that loads slowly counts as one without ports at first.
    await until(() => app.ask().catch(() => ''), Boolean)
    await app.ask('/fail')
    const text = await until(
      () => app.scrapeText(),
      (scraped) => scraped.includes('promhive_worker_failed_requests_total{'),
    )
    const rules = readFileSync(join(example, 'alerts.yml'), 'utf8')
    // Recorded names have colons.
    const names = rules.replaceAll(/job_\w+:[\w:]+/g, '').matchAll(/(?:promhive|http)_\w+/g)
    const asked = new Set([...names].map(([name]) => name))
    const shown = new Set([...text.matchAll(/^# TYPE (\w+)|^(\w+)/gm)].map(([, family, name]) => family ?? name))
    // These are shown with their cause only: a fault, a limit, a backend that can be away, an exporter, a certificate,
    // several applications.
    const certificates = 'promhive_tls_certificate_not_after_timestamp_seconds'
    const rare = [
      'promhive_errors_total',
      'promhive_series_limited_total',
      'promhive_backend_up',
      'promhive_exports_total',
      'promhive_export_last_success_timestamp_seconds',
      'promhive_redis_forwards_total',
      certificates,
      'promhive_application_up',
    ]
    for (const { name } of serviceFamilies({ all: [], unreadable: 0, folds: 0 } as never)) shown.add(name)
    expect([...asked].filter((name) => !shown.has(name)).sort()).toEqual(rare.sort())
    expect(text).toContain('promhive_writers{state="live"}')
    expect(text).toContain('promhive_worker_state{worker_id="1",promhive_worker_state="blocked"}')
    const [, reasons] = /reason=~"([^"]+)"/.exec(rules)!
    for (const reason of reasons!.split('|')) {
      expect(text).toContain(`promhive_primary_worker_restarts_total{reason="${reason}"}`)
    }
  })
})

function becomes(prometheus: PrometheusServer, expression: string, value: number): Promise<unknown> {
  return until(
    () => prometheus.value(expression),
    (seen) => seen === value,
  )
}
