import type { Formatters } from '../exposition/formatters.js'
import { SourceGatherer } from '../gather/source-gatherer.js'
import type { Nameless, RegisteredMetric } from '../metric/context.js'
import type { MetricValues } from '../metric/metric-values.js'
import type { FamilyDescriptor } from '../model/descriptor.js'
import type { MetricsError } from '../model/errors.js'
import type { LabelSet, WorkerLabel } from '../model/label-set.js'
import { KnownRegistries } from '../registry/known-registries.js'
import type { Registry } from '../registry/registry.js'
import type { RegistryContext } from '../registry/registry-context.js'
import { Ticker } from '../registry/ticker.js'
import type { Source, Store } from '../store/contract.js'
import { MemoryStore } from '../store/memory/memory-backend.js'

/** The context of one registry whose metrics stay in this process. Its store is private, and ends with the registry. */
export class ScopedContext implements RegistryContext {
  private readonly counted = new MemoryStore()
  private readonly source: Source = { read: async () => this.counted.snapshot(), close() {} }
  readonly gatherer = new SourceGatherer(
    () => this.source,
    (error) => this.onError(error),
    () => this.workerLabel,
  )
  /** Never started, because metrics for one request are collected when they are shown. */
  readonly ticker = new Ticker()

  readonly registries: KnownRegistries

  constructor(private readonly around: RegistryContext) {
    this.registries = new KnownRegistries(around.registries)
  }

  get registry(): Registry {
    return this.around.registry
  }

  get maxSeries(): number {
    return this.around.maxSeries
  }

  get workerLabel(): WorkerLabel {
    return this.around.workerLabel
  }

  store(): Store {
    return this.counted
  }

  localStore(): Store {
    return this.counted
  }

  formatters(defaultLabels: LabelSet): Formatters {
    return this.around.formatters(defaultLabels)
  }

  /** One registry needs no names. */
  nextNameless(what: Nameless): string {
    return `~${what}`
  }

  apart(): ScopedContext {
    return new ScopedContext(this.around)
  }

  isShared(): boolean {
    return false
  }

  showsItself(): boolean {
    return false
  }

  onError(error: MetricsError): void {
    this.around.onError(error)
  }

  limited(metric: string): void {
    this.around.limited(metric)
  }

  watchRemovals(): void {}

  read(metric: RegisteredMetric & { readonly family?: FamilyDescriptor }): Promise<MetricValues> {
    return this.gatherer.valuesOf(metric.family!)
  }
}
