import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask } from '../processes/http.js'
import { freePort } from '../processes/port.js'
import { launchServer } from '../processes/prometheus-program.js'
import type { Stage } from '../processes/stage.js'
import { until } from '../processes/until.js'

/** The labels and the value of one series, as Prometheus has them. */
export interface FoundSeries {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A real Prometheus that scrapes nothing, and receives by remote write 1.0. */
export class PrometheusReceiver {
  private running: Awaited<ReturnType<typeof launchServer>> | undefined

  private constructor(
    private readonly stage: Stage,
    private readonly folder: string,
    private readonly port: number,
  ) {}

  static async start(stage: Stage): Promise<PrometheusReceiver> {
    const folder = stage.folder()
    writeFileSync(join(folder, 'prometheus.yml'), 'storage: { exemplars: { max_exemplars: 1000 } }\n')
    const receiver = new PrometheusReceiver(stage, folder, await freePort())
    await receiver.start()
    return receiver
  }

  /** Where it is written to. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/api/v1/write`
  }

  async start(): Promise<void> {
    const args = [
      `--config.file=${join(this.folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(this.folder, 'data')}`,
      '--web.enable-remote-write-receiver',
      '--enable-feature=exemplar-storage',
    ]
    this.running = await launchServer(this.stage, 'prometheus', args, this.port)
    // It listens before it is ready.
    await until(
      () => ask(`http://127.0.0.1:${this.port}/-/ready`),
      ({ status }) => status === 200,
    )
  }

  /** Ends it; its data stay. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.running?.end(signal)
  }

  /** The present series of an expression. */
  async query(expression: string): Promise<readonly FoundSeries[]> {
    const data = await this.get(`query?query=${encodeURIComponent(expression)}`)
    return data.result.map(({ metric, value }: QueryResult) => ({ labels: metric, value: Number(value[1]) }))
  }

  /** The value of an expression with a single series; undefined if it has none. */
  async value(expression: string): Promise<number | undefined> {
    const found = await this.query(expression)
    if (found.length > 1) throw new Error(`${expression}: ${found.length} series`)
    return found[0]?.value
  }

  /** All stored samples of a series of the last minutes, in their order; markers of ended series are not among them. */
  async samples(series: string): Promise<readonly number[]> {
    const data = await this.get(`query?query=${encodeURIComponent(`${series}[10m]`)}`)
    if (data.result.length !== 1) throw new Error(`${series}: ${data.result.length} series`)
    return data.result[0].values.map(([, value]: [number, string]) => Number(value))
  }

  /** The exemplars of an expression: their labels and values. */
  async exemplars(expression: string): Promise<readonly FoundSeries[]> {
    const [start, end] = [Date.now() / 1000 - 600, Date.now() / 1000 + 60]
    const data = await this.get(`query_exemplars?query=${encodeURIComponent(expression)}&start=${start}&end=${end}`)
    return data.flatMap(({ exemplars }: { exemplars: { labels: FoundSeries['labels']; value: string }[] }) =>
      exemplars.map(({ labels, value }) => ({ labels, value: Number(value) })),
    )
  }

  /** How many samples it refused because they were not in order, too old, or there already with another value. */
  async refused(): Promise<number> {
    const { body } = await ask(`http://127.0.0.1:${this.port}/metrics`)
    const lines = body.matchAll(
      /^prometheus_(?:tsdb_(?:out_of_order|out_of_bound|too_old)_samples_total|target_scrapes_sample_\w+_total)(?:\{.*\})? (\S+)$/gm,
    )
    return [...lines].reduce((sum, [, value]) => sum + Number(value), 0)
  }

  // biome-ignore lint/suspicious/noExplicitAny: the answers of several calls
  private async get(path: string): Promise<any> {
    const { body } = await ask(`http://127.0.0.1:${this.port}/api/v1/${path}`)
    const { data, error } = JSON.parse(body)
    if (error !== undefined) throw new Error(`${path}: ${error}`)
    return data
  }
}

interface QueryResult {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [time: number, value: string]
}
