import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import type { Actor } from '../../helpers/processes/actor.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { SupervisedApplication } from '../../helpers/processes/supervised.js'
import { until } from '../../helpers/processes/until.js'
import { hasPrometheus } from '../../helpers/prometheus-server.js'
import { PrometheusReceiver } from '../../helpers/remote-write/prometheus-receiver.js'

const program = fileURLToPath(new URL('programs/writes.mjs', import.meta.url))

describe.runIf(hasPrometheus)('a real Prometheus', () => {
  test('has the exact totals, through the SIGKILL of the process that sends, and its own', async ({ stage }) => {
    const prometheus = await PrometheusReceiver.start(stage)
    const options = { url: prometheus.url, job: 'shop', interval: 0.2, timeout: 1.5, externalLabels: { zone: 'b' } }
    const directory = stage.directory()
    const [one, two] = [await start(stage, directory), await start(stage, directory)]
    await one.ask('count', 'jobs_total', {}, 3)
    await two.ask('count', 'jobs_total', {}, 4)
    await two.ask('observe', 'duration_seconds', {}, 5, 1.5)
    await one.ask('exemplar', 'traced_total', {}, { trace_id: 'abc' })
    await one.ask('start', options)
    await shows(prometheus, 'jobs_total', 7)
    await two.ask('start', options)
    expect(await prometheus.query('duration_seconds_bucket')).toEqual(
      [
        ['+Inf', 5],
        ['0.5', 0],
        ['1.0', 0],
        ['2.0', 5],
      ].map(([le, value]) => ({ labels: { __name__: 'duration_seconds_bucket', ...common, le }, value })),
    )
    expect(await prometheus.exemplars('traced_total')).toEqual([{ labels: { trace_id: 'abc' }, value: 1 }])

    await until(
      () => two.ask('last'),
      (last) => last === 'standby',
    )
    await one.kill()
    await two.ask('count', 'jobs_total', {}, 10)
    await shows(prometheus, 'jobs_total', 17)

    await prometheus.stop('SIGKILL')
    await two.ask('count', 'jobs_total', {}, 20)
    await until(
      () => two.ask('last'),
      (last) => last === 'failed',
    )
    // Each export while it is away has a total of its own, which it gets afterwards.
    for (const total of [47, 57]) {
      await two.ask('count', 'jobs_total', {}, 10)
      // The first may be one that began before the count.
      await two.ask('send')
      expect([await two.ask('send'), total]).toEqual(['failed', total])
    }
    await prometheus.start()
    await shows(prometheus, 'jobs_total', 57)
    const samples = await prometheus.samples('jobs_total')
    expect(samples).toEqual([...samples].sort((a, b) => a - b))
    expect(samples).toEqual(expect.arrayContaining([7, 17, 37, 47, 57]))

    const three = await start(stage, directory)
    await three.ask('count', 'jobs_total', {}, 1)
    await three.ask('start', options)
    await two.ask('stop')
    // Another process counts, and continues to send.
    expect(await prometheus.value('jobs_total')).toBe(58)
    await two.kill()
    await three.ask('count', 'jobs_total', {}, 1)
    await three.ask('stop')
    // It was the last process: its series have ended.
    expect(await prometheus.query('jobs_total')).toEqual([])
    expect(await prometheus.value('last_over_time(jobs_total[5m])')).toBe(59)
    expect(await prometheus.refused()).toBe(0)
    const scrape = (await three.ask('scrape')) as string
    expect(scrape).toMatch(/^promhive_exported_samples_total\{exporter="remoteWrite"\} [1-9]/m)
    expect(scrape).not.toMatch(/^promhive_export_dropped_samples_total/m)
    // It accepts types and help texts, and does nothing with them.
    expect(two.errors).not.toContain('does not take types')
  })

  test('has the requests of supervised workers, one of which was killed', async ({ stage }) => {
    const prometheus = await PrometheusReceiver.start(stage)
    const env = {
      PROMHIVE_REMOTE_WRITE: prometheus.url,
      PROMHIVE_EXPORTERS: '{"remoteWrite":{"interval":0.2,"timeout":5,"job":"supervised"}}',
    }
    const application = await SupervisedApplication.start(stage, { args: ['--workers', '2'], env })
    for (let i = 0; i < 20; i++) await application.ask()
    const [worker] = application.workerPids()
    process.kill(worker!, 'SIGKILL')
    await until(
      () => application.workerPids(),
      (pids) => pids.length === 2 && !pids.includes(worker!),
    )
    for (let i = 0; i < 20; i++)
      await until(
        () => application.ask().catch(() => ''),
        (answer) => answer !== '',
      )
    await shows(prometheus, 'sum(app_worker_requests_total{job="supervised"})', 40)
    application.signal('SIGTERM')
    await application.ended
    expect(await prometheus.query('{job="supervised"}')).toEqual([])
    expect(await prometheus.refused()).toBe(0)
  })

  test('that knows 1.0 only gets it from a sender of 2.0', async ({ stage }) => {
    const prometheus = await PrometheusReceiver.start(stage)
    const actor = await start(stage, stage.directory())
    await actor.ask('count', 'jobs_total', {}, 3)
    await actor.ask('start', { url: prometheus.url, job: 'shop', version: '2.0', interval: 0.2, timeout: 1.5 })
    await shows(prometheus, 'jobs_total', 3)
    expect(actor.errors).toContain('does not know remote write 2.0; promhive continues with 1.0')
  })
})

const common = { instance: hostname(), job: 'shop', zone: 'b' }

function start(stage: Stage, directory: string): Promise<Actor> {
  return stage.start(program, { env: { PROMHIVE_DIR: directory } })
}

function shows(prometheus: PrometheusReceiver, expression: string, value: number): Promise<unknown> {
  return until(
    () => prometheus.value(expression),
    (found) => found === value,
  )
}
