import { Counter } from '../../metric/counter.js'
import { Gauge } from '../../metric/gauge.js'
import { Histogram } from '../../metric/histogram.js'
import type { Registry } from '../../registry/registry.js'
import type { Fact, NamedFamily } from './naming/naming.js'

/** The facts about one exchange, by name. */
export type ExchangeFacts = Readonly<Partial<Record<Fact, string | number | undefined>>>

/** Creates the metrics of a naming convention in one registry. */
export class NamedFamilies {
  constructor(
    private readonly registry: Registry,
    private readonly durationBuckets: readonly number[] | undefined,
  ) {}

  counter(named: NamedFamily): Counter<string> {
    return new Counter<string>(this.options(named))
  }

  gauge(named: NamedFamily): Gauge<string> {
    return new Gauge<string>({ ...this.options(named), mode: 'livesum' })
  }

  histogram(named: NamedFamily, what: 'duration' | 'size'): Histogram<string> {
    const buckets = (what === 'duration' ? this.durationBuckets : undefined) ?? named.buckets
    return new Histogram<string>({ ...this.options(named), ...(buckets !== undefined && { buckets }) })
  }

  private options({ name, help, labels }: NamedFamily) {
    return { name, help, labelNames: Object.keys(labels), registers: [this.registry] }
  }
}

/** Returns the label values of a family; undefined for a family without labels. */
export function labelsOf({ labels }: NamedFamily, facts: ExchangeFacts): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([label, fact]) => [label, String(facts[fact] ?? '')]))
}

export function shows({ labels }: NamedFamily, ...facts: readonly Fact[]): boolean {
  return Object.values(labels).some((fact) => facts.includes(fact))
}
