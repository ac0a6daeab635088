import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { listedAt, listedInFile } from '../../helpers/processes/listed-targets.js'
import { test } from '../../helpers/processes/stage.js'
import { SupervisedApplication } from '../../helpers/processes/supervised.js'
import { until } from '../../helpers/processes/until.js'
import { hasPrometheus, PrometheusServer } from '../../helpers/prometheus-server.js'

/** The names of the supervisor's families without a custom prefix. */
const requests = 'app_worker_requests_total'

describe.skipIf(!hasPrometheus)('a real Prometheus (needs Debian’s prometheus)', () => {
  test('finds the targets of the workers by http_sd and by file_sd, and their sum is the number of requests, also after a SIGKILL', {
    timeout: 180_000,
  }, async ({ stage }) => {
    const fileSd = join(stage.folder(), 'shop.json')
    const args = ['--workers', '3', '--worker-ports', '0', '--target-file-sd', fileSd, '--target-labels', 'app=shop']
    const app = await SupervisedApplication.start(stage, { args })
    const prometheus = await PrometheusServer.configured(
      stage,
      `global: { scrape_interval: 500ms }
scrape_configs:
  - job_name: http_sd
    honor_labels: true
    http_sd_configs: [{ url: '${app.url.replace('/metrics', '/targets')}', refresh_interval: 1s }]
  - job_name: file_sd
    honor_labels: true
    file_sd_configs: [{ files: ['${fileSd}'] }]
`,
    )
    const foundAll = async (): Promise<void> => {
      await until(
        async () => [await prometheus.targets(), Object.keys(await listedAt(app.url))],
        ([found, listed]) => {
          const { http_sd: http, file_sd: file } = found as Record<string, string[]>
          return (listed as string[]).length === 3 && [http, file].every((each) => String(each) === String(listed))
        },
      )
    }
    await foundAll()
    for (let i = 0; i < 60; i++) await app.ask()
    const sumIs = (sum: number) =>
      Promise.all(
        ['http_sd', 'file_sd'].map((job) =>
          until(
            () => prometheus.value(`sum(${requests}{job="${job}",app="shop"})`),
            (value) => value === sum,
          ),
        ),
      )
    await sumIs(60)
    expect(await prometheus.value(`count(count by (worker) (${requests}{job="file_sd"}))`)).toBe(3)

    const [victim] = app.workerPids()
    process.kill(victim!, 'SIGKILL')
    await until(
      () => app.workerPids(),
      (pids) => pids.length === 3 && !pids.includes(victim!),
    )
    await foundAll()
    for (let i = 0; i < 30; i++) await app.ask()
    await sumIs(90)
    // The successor has the port, the number and the counts of its predecessor: these are the same series.
    expect(await prometheus.value(`count(last_over_time(${requests}{job="http_sd"}[1h]))`)).toBe(3)
    expect(await prometheus.value(`sum(resets(${requests}[1h]))`)).toBe(0)
    expect(await prometheus.value(`count(count by (worker) (last_over_time(${requests}[1h])))`)).toBe(3)
    app.signal('SIGTERM')
    await app.ended
    expect(listedInFile(fileSd)).toEqual({})
  })
})
