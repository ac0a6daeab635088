import { oneAtATime } from '../gather/collect-hook.js'
import type { MetricRegistry } from '../metric/context.js'
import { MetricsError, reasonOf } from '../model/errors.js'
import type { Family, Sample, SampleFamily } from '../model/family.js'
import { checkSpelling, type OptionNames } from '../model/known-options.js'
import { textOf } from '../model/label-set.js'
import { describe } from '../model/metric-name.js'
import { type SeriesKey, seriesKey } from '../model/series-key.js'
import { checkCollected } from './check-collected.js'
import type { CollectedFamily, CollectedValue, Collector } from './collector.js'
import { Publisher } from './publisher.js'
import type { Job, Ticker } from './ticker.js'

const collectorOptions = { name: true, run: true, collect: true } as const satisfies OptionNames<Collector>

/** The collectors of one registry. One that throws or never ends loses its own families only, and is reported. */
export class Collectors {
  private readonly serving = new Set<Collector>()
  private readonly each = new Map<Collector, Job>()
  private readonly last = new WeakMap<Collector, readonly CollectedFamily[]>()

  constructor(
    private readonly registry: MetricRegistry,
    private readonly ticker: Ticker,
    private readonly onError: (error: MetricsError) => void,
  ) {}

  /** Throws `OPTION_INVALID` if it is not a collector. */
  add(collector: Collector): void {
    if (typeof collector?.collect !== 'function') {
      checkSpelling('registerCollector', collector, collectorOptions)
      throw new MetricsError('OPTION_INVALID', `a collector is an object with collect(), got ${describe(collector)}`)
    }
    // Other properties are the collector's own.
    if (isPlain(collector)) checkSpelling(`collector ${collector.name}`, collector, collectorOptions)
    if (collector.run === undefined || collector.run === 'serving') this.serving.add(collector)
    else if (collector.run === 'each') this.publishEach(collector)
    else
      throw new MetricsError(
        'OPTION_INVALID',
        `collector ${collector.name}: run is "serving" or "each", got ${describe(collector.run)}`,
      )
  }

  remove(collector: Collector): boolean {
    const job = this.each.get(collector)
    if (job !== undefined) this.ticker.remove(job)
    return this.each.delete(collector) || this.serving.delete(collector)
  }

  clear(): void {
    for (const collector of [...this.each.keys(), ...this.serving]) this.remove(collector)
  }

  /** Before a scrape: this process publishes its families, and returns those that only the serving process shows. */
  async collect(): Promise<readonly Family[]> {
    await Promise.all([...this.each.values()].map((job) => job.run()))
    const results = await Promise.all([...this.serving].map((collector) => this.askOrLast(collector)))
    return results.flatMap((families) => families ?? []).map((family) => sampleFamily(family, this.registry.prefix))
  }

  /** The families of the collector; if it fails, those of its last success. */
  private async askOrLast(collector: Collector): Promise<readonly CollectedFamily[] | undefined> {
    const families = await this.ask(collector)
    if (families === undefined) return this.last.get(collector)
    this.last.set(collector, families)
    return families
  }

  private publishEach(collector: Collector): void {
    if (this.each.has(collector)) return
    const publisher = new Publisher(this.registry)
    const publish = (families: readonly CollectedFamily[] | undefined): void => {
      try {
        if (families !== undefined) publisher.publish(families)
      } catch (cause) {
        this.onError(failed(collector, cause))
      }
    }
    const job = {
      run: async () => publish(await this.ask(collector)),
      atExit: () => publish(askAtOnce(collector)),
    }
    this.each.set(collector, job)
    this.ticker.add(job)
  }

  private async ask(collector: Collector): Promise<readonly CollectedFamily[] | undefined> {
    try {
      return checkCollected(await oneAtATime(collector, () => collector.collect()))
    } catch (cause) {
      this.onError(failed(collector, cause))
      return undefined
    }
  }
}

/** If a series is returned twice, the last value is shown, as if it was set twice. */
function sampleFamily({ name: unprefixedName, help, type, values }: CollectedFamily, prefix: string): SampleFamily {
  const name = `${prefix}${unprefixedName}`
  const samples = new Map<string, Sample>()
  for (const { labels, value } of values) {
    const texts = labelTexts(name, labels)
    samples.set(identity(texts), { name, value, labels: texts })
  }
  return { name, help, type, samples: [...samples.values()] }
}

function labelTexts(name: string, labels: CollectedValue['labels'] = {}): Record<string, string> {
  const present = Object.entries(labels).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(present.map(([label, value]) => [label, textOf(name, label, value)]))
}

/** To Prometheus an empty label is one that the series lacks. */
function identity(labels: Record<string, string>): SeriesKey {
  const present = Object.entries(labels).filter(([, value]) => value !== '')
  return seriesKey(present.sort().flat())
}

function failed({ name }: Collector, cause: unknown): MetricsError {
  const text = `collector ${name ?? 'without a name'} failed (${reasonOf(cause)}); its last values and the other families are served`
  return new MetricsError('COLLECT_FAILED', text, { cause })
}

/** The families of a synchronous collector, because the process ends. */
function askAtOnce(collector: Collector): readonly CollectedFamily[] | undefined {
  try {
    return checkCollected(collector.collect())
  } catch {
    // The error has no receiver.
    return undefined
  }
}

function isPlain(collector: Collector): boolean {
  const prototype = Object.getPrototypeOf(collector)
  return prototype === Object.prototype || prototype === null
}
