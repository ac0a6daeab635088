import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { Labels } from '../../model/series-index/series-numbers.js'
import type { Store } from '../../store/contract.js'
import { eachOwnSeries, type OwnSeries } from '../prom-client/own-series.js'

/** What the view uses of its metric. */
interface StoredMetric {
  readonly family: FamilyDescriptor
  ownStore(): Store
  start(): void
  textOf(label: string, value: unknown): string | null
  checkNames(labels: Labels): void
}

/** One series as the client's storage has it. */
interface StoredEntry {
  readonly labels: object
  readonly value?: unknown
}

/**
 * What this process has counted in a metric, as the client's `store` shows it. It is a view: the metric's own methods change
 * the series.
 */
export class SeriesStore {
  constructor(private readonly metric: StoredMetric) {}

  /** How many series there are. */
  get size(): number {
    return [...this.values()].length
  }

  /** The series, each with its labels. */
  *values(): IterableIterator<StoredEntry> {
    for (const [, series] of this.series()) yield entryOf(this.metric.family, series)
  }

  /** The series of these labels; undefined if there is none. */
  entry(labels: Labels = {}): StoredEntry | undefined {
    const { family } = this.metric
    const { labelNames } = family
    const names = Object.keys(labels)
    const strange = names.length > 0 && labelNames.length > 0 && !names.some((name) => labelNames.includes(name))
    if (strange) return undefined
    const requestedTexts = labelNames.map((name) => this.metric.textOf(name, labels[name]))
    for (const [texts, series] of this.series())
      if (requestedTexts.every((text, i) => text === texts[i])) return entryOf(family, series)
    return undefined
  }

  /** The value of the series of these labels. */
  get(labels?: Labels): unknown {
    return this.entry(labels)?.value
  }

  /** @throws Error for a label that the metric does not have */
  validate(labels: Labels = {}): true {
    this.metric.checkNames(labels)
    return true
  }

  private series(): Iterable<readonly [readonly (string | null)[], OwnSeries]> {
    // A metric without labels has its series from the start.
    this.metric.start()
    return eachOwnSeries(this.metric.ownStore(), this.metric.family)
  }
}

/** The client keeps the figures of a summary in the value. */
function entryOf({ type }: FamilyDescriptor, series: OwnSeries): StoredEntry {
  const { labels, ...figures } = series
  return type === 'summary' ? { value: figures, labels } : series
}
