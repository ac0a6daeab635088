import type { MetricRegistry } from '../metric/context.js'
import { Counter } from '../metric/counter.js'
import { Gauge } from '../metric/gauge.js'
import { labelText } from '../model/label-set.js'
import { seriesKey } from '../model/series-key.js'
import type { CollectedFamily, CollectedValue } from './collector.js'

type CollectedLabels = NonNullable<CollectedValue['labels']>

/** Publishes the families of a collector of this process as ordinary metrics, so that every process shows them. */
export class Publisher {
  private readonly families = new Map<string, PublishedFamily>()

  constructor(private readonly registry: MetricRegistry) {}

  publish(families: readonly CollectedFamily[]): void {
    for (const family of families) {
      let published = this.families.get(family.name)
      if (published === undefined) {
        // Its first values show which labels it has.
        if (family.values.length === 0) continue
        published =
          family.type === 'counter'
            ? new PublishedCounter(family, this.registry)
            : new PublishedGauge(family, this.registry)
        this.families.set(family.name, published)
      }
      published.publish(family.values)
    }
    const collectedNames = new Set(families.map((family) => family.name))
    for (const [name, published] of this.families) if (!collectedNames.has(name)) published.publish([])
  }
}

interface PublishedFamily {
  publish(values: readonly CollectedValue[]): void
}

/** A gauge has exactly the series of the collector's last result. */
class PublishedGauge implements PublishedFamily {
  private readonly gauge: Gauge<string>
  private publishedLabels = new Map<string, CollectedLabels>()

  constructor({ name, help, mode, values }: CollectedFamily, registry: MetricRegistry) {
    this.gauge = new Gauge<string>({
      name,
      help,
      labelNames: labelNamesOf(values),
      registers: [registry],
      ...(mode && { mode }),
    })
  }

  publish(values: readonly CollectedValue[]): void {
    const before = this.publishedLabels
    this.publishedLabels = new Map()
    for (const { labels = {}, value } of values) {
      this.gauge.set(labels, value)
      this.publishedLabels.set(keyOf(labels), labels)
    }
    for (const [key, labels] of before)
      if (!this.publishedLabels.has(key)) this.gauge.remove(labels, { scope: 'process' })
  }
}

/** A counter continues from a dead process of the same seat: only the increase since the last time is added. */
class PublishedCounter implements PublishedFamily {
  private readonly counter: Counter<string>
  private readonly last = new Map<string, number>()

  constructor({ name, help, values }: CollectedFamily, registry: MetricRegistry) {
    this.counter = new Counter<string>({ name, help, labelNames: labelNamesOf(values), registers: [registry] })
  }

  publish(values: readonly CollectedValue[]): void {
    for (const { labels = {}, value } of values) {
      const key = keyOf(labels)
      const before = this.last.get(key) ?? 0
      // Below the last value: the source of the collector began again.
      this.counter.inc(labels, value >= before ? value - before : value)
      this.last.set(key, value)
    }
  }
}

function labelNamesOf(values: readonly CollectedValue[]): string[] {
  return [...new Set(values.flatMap(({ labels = {} }) => Object.keys(labels)))]
}

function keyOf(labels: CollectedLabels): string {
  const texts = Object.keys(labels)
    .sort()
    .map((name) => [name, labelText('a collector', name, labels[name])])
  return seriesKey(texts.filter(([, text]) => text !== null).flat())
}
