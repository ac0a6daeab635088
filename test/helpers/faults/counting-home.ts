import { Counter } from '../../../src/metric/counter.js'
import { Gauge } from '../../../src/metric/gauge.js'
import { Histogram } from '../../../src/metric/histogram.js'
import type { MetricsError } from '../../../src/model/errors.js'
import { ProcessContext } from '../../../src/runtime/process-context.js'
import type { Backend } from '../../../src/store/contract.js'
import { samplesOf } from '../samples.js'

const buckets = Array.from({ length: 200 }, (_, i) => i + 1)

/** A process of the application that keeps a ledger of its counts, and records errors that should never be thrown. */
export class CountingHome {
  readonly reported: string[] = []
  readonly thrown: string[] = []
  /** What this process alone would show. */
  readonly ledger = new Map<string, number>()
  private readonly home = new ProcessContext()
  private readonly jobs: Counter<'path'>
  private readonly level: Gauge<'path'>
  private readonly wait: Histogram<'path'>

  constructor(
    readonly name: string,
    directory: string,
  ) {
    const onError = ({ code }: MetricsError): void => void this.reported.push(String(code))
    this.tried('configure', () => this.home.configure({ dir: directory, selfMetrics: false, onError }))
    const common = { help: 'X.', labelNames: ['path'] as const, registers: [this.home.registry] }
    this.jobs = new Counter({ ...common, name: 'jobs_total' })
    this.level = new Gauge({ ...common, name: 'level', mode: 'livesum' })
    this.wait = new Histogram({ ...common, name: 'wait', buckets })
  }

  inc(path: string, amount: number): void {
    this.tried('inc', () => this.jobs.inc({ path }, amount))
    this.add(`jobs_total{path="${path}"}`, amount)
  }

  set(path: string, value: number): void {
    this.tried('set', () => this.level.set({ path }, value))
    this.ledger.set(`level{path="${path}"}`, value)
  }

  observe(path: string, value: number): void {
    this.tried('observe', () => this.wait.observe({ path }, value))
    this.add(`wait_count{path="${path}"}`, 1)
    this.add(`wait_sum{path="${path}"}`, value)
  }

  /** Whether it was removed; if the others could not be notified, that is reported and the series stays. */
  remove(path: string): boolean {
    const before = this.reported.length
    this.tried('remove', () => this.jobs.remove({ path }))
    if (this.reported.slice(before).includes('REMOVE_FAILED')) return false
    this.ledger.delete(`jobs_total{path="${path}"}`)
    return true
  }

  /** The samples of a ledger, without the keeper's; undefined for a scrape that was refused as incomplete. */
  async scrape(): Promise<Map<string, number> | undefined> {
    try {
      const samples = samplesOf(await this.home.registry.metrics())
      return new Map(Object.entries(samples).filter(([sample]) => !/_bucket\{|"keeper"/.test(sample)))
    } catch (error) {
      if ((error as MetricsError).code !== 'SCRAPE_INCOMPLETE') this.thrown.push(`metrics: ${(error as Error).stack}`)
      return undefined
    }
  }

  /** Releases everything, as the kernel does for a process that ends. */
  end(): void {
    const { backend } = this.home as unknown as { readonly backend?: Backend }
    this.tried('end', () => backend?.close?.())
  }

  private tried(what: string, work: () => void): void {
    try {
      work()
    } catch (error) {
      this.thrown.push(`${what}: ${(error as Error).stack}`)
    }
  }

  private add(sample: string, amount: number): void {
    this.ledger.set(sample, (this.ledger.get(sample) ?? 0) + amount)
  }
}
