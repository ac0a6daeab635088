import type { Formatters } from '../../exposition/formatters.js'
import type { Gathered, GatherRequest } from '../../gather/gatherer.js'
import type { QueueLimits } from '../../gather/scrape-queue.js'
import type { Exposed } from '../../gather/scrapes.js'
import type { SourceGathered } from '../../gather/source-gatherer.js'
import type { MetricRegistry } from '../../metric/context.js'
import type { MetricsError } from '../../model/errors.js'
import type { Family, FamilyTable } from '../../model/family.js'
import type { LabelSet } from '../../model/label-set.js'
import type { Collector } from '../../registry/collector.js'
import { Registry } from '../../registry/registry.js'
import type { RegistryContents } from '../../registry/registry-contents.js'
import type { RegistryContext } from '../../registry/registry-context.js'
import type { ClientPlugIns } from './plug-in-metrics.js'

/** What a registry of the client has of promhive's own, with promhive's types. */
interface OwnRegistry extends MetricRegistry {
  /** @internal */
  readonly context: RegistryContext
  /** @internal */
  readonly contents: RegistryContents
  /** The content type of what `metrics()` returns. */
  readonly contentType: string
  setContentType(contentType: string): void
  /** Returns the exposition of all metrics, merged over all processes, in the content type of this registry. */
  metrics(): Promise<string>
  /** Returns the same as bytes, in chunks. */
  chunks(): Promise<readonly Uint8Array[]>
  /** Returns the exposition in the format that the Accept header of a scrape asks for. */
  expose(accept?: string, names?: readonly string[], limits?: QueueLimits): Promise<Exposed>
  /** Adds a collector: families that something else keeps. */
  registerCollector(collector: Collector): void
  /** Removes a collector, and returns whether it was there. */
  unregisterCollector(collector: Collector): boolean
  /** Removes every metric, every collector and the default labels. */
  clear(): void
  /** Resets every metric. */
  resetMetrics(): void
  /** Removes the metric of this name. */
  removeSingleMetric(name: string): void
  /** @internal */
  readonly formatters: Formatters
  /** @internal */
  gather(request?: GatherRequest): Promise<Gathered>
  /** @internal */
  prepare(): Promise<ReadonlyMap<string, Family>>
  /** @internal */
  select(gathered: SourceGathered, foreign: ReadonlyMap<string, Family>): readonly Family[]
  /** @internal */
  shownRegistries(): ReadonlySet<string> | undefined
  /** @internal */
  owns(table: FamilyTable): boolean
  /** @internal */
  showsItself(): boolean
  /** @internal */
  formattersFor(defaultLabels: LabelSet): Formatters
  /** @internal */
  plugInsOf(onError: (error: MetricsError) => void): ClientPlugIns
}

/** promhive's registry as the class that the client's extends: the client gives several methods other types. */
export const RegistryBase = Registry as unknown as new (options: object, context: object, like?: object) => OwnRegistry
