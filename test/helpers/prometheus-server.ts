import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './processes/dist.js'
import { ask } from './processes/http.js'
import { startServer } from './processes/prometheus-program.js'
import type { Stage } from './processes/stage.js'
import { until } from './processes/until.js'

/** Whether this system has a Prometheus; `scripts/provision.mjs` installs it if permitted. */
export const hasPrometheus = spawnSync('prometheus', ['--version'], { stdio: 'ignore' }).status === 0

const example = join(root, 'examples', 'prometheus')

/** A real Prometheus with the configuration and the alerts of the examples, twice a second. */
export class PrometheusServer {
  private constructor(private readonly url: string) {}

  /**
   * @param metricsUrls the targets of its scrapes
   * @param rules the text of a rules file; by default that of the examples
   */
  static async start(stage: Stage, metricsUrls: string | readonly string[], rules?: string): Promise<PrometheusServer> {
    const folder = stage.folder()
    const targets = [metricsUrls].flat().map((each) => new URL(each).host)
    const configuration = readFileSync(join(example, 'prometheus.yml'), 'utf8')
      .replaceAll('15s', '500ms')
      .replace('"127.0.0.1:9464"', targets.map((target) => JSON.stringify(target)).join())
    writeFileSync(join(folder, 'alerts.yml'), rules ?? readFileSync(join(example, 'alerts.yml'), 'utf8'))
    const server = await PrometheusServer.configured(stage, configuration, folder)
    await until(
      () => server.value('sum(up)'),
      (up) => up === targets.length,
    )
    return server
  }

  /** A real Prometheus with a configuration of the test's own. */
  static async configured(stage: Stage, configuration: string, folder = stage.folder()): Promise<PrometheusServer> {
    writeFileSync(join(folder, 'prometheus.yml'), configuration)
    const args = [`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'data')}`]
    return new PrometheusServer(await startServer(stage, 'prometheus', args))
  }

  /** The addresses of the targets that it scrapes at the moment, by job. */
  async targets(): Promise<Record<string, string[]>> {
    const { status, body } = await ask(`${this.url}/api/v1/targets?state=active`)
    // It listens before it is ready.
    if (status === 503) return {}
    const byJob: Record<string, string[]> = {}
    for (const { discoveredLabels } of JSON.parse(body).data.activeTargets) {
      ;(byJob[discoveredLabels.job] ??= []).push(discoveredLabels.__address__)
    }
    return Object.fromEntries(Object.entries(byJob).map(([job, addresses]) => [job, addresses.toSorted()]))
  }

  /** The present value of an expression with a single series; undefined if it has none. */
  async value(expression: string): Promise<number | undefined> {
    const [value, ...others] = await this.values(expression)
    if (others.length > 0) throw new Error(`${expression}: ${others.length + 1} series`)
    return value
  }

  /** The present values of all series of an expression. */
  async values(expression: string): Promise<readonly number[]> {
    const { status, body } = await ask(`${this.url}/api/v1/query?query=${encodeURIComponent(expression)}`)
    // It listens before it is ready.
    if (status === 503) return []
    const { data, error } = JSON.parse(body)
    if (error !== undefined) throw new Error(`${expression}: ${error}`)
    return data.result.map((sample: { readonly value: readonly [number, string] }) => Number(sample.value[1]))
  }
}
