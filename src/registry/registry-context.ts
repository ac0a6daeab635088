import type { Formatters } from '../exposition/formatters.js'
import type { SourceGatherer } from '../gather/source-gatherer.js'
import { type MetricContext, provideContext } from '../metric/context.js'
import type { LabelSet } from '../model/label-set.js'
import type { KnownRegistries } from './known-registries.js'
import type { Registry } from './registry.js'
import type { Ticker } from './ticker.js'

/** The part of the context that a registry uses. */
export interface RegistryContext extends MetricContext {
  readonly registry: Registry
  readonly registries: KnownRegistries
  /** Gathers the families of all registries. */
  readonly gatherer: SourceGatherer
  formatters(defaultLabels: LabelSet): Formatters
  /** A context for one registry whose metrics stay in this process, and end with it. */
  apart(): RegistryContext
  /** Whether other processes count into the same store. */
  isShared(): boolean
  /**
   * Whether the default registry shows promhive's own state.
   *
   * @param byDefault the value unless `configure()` sets one; by default true in an application of several processes
   */
  showsItself(byDefault?: boolean): boolean
  /** The work of every process at intervals: publishing values that only this process has. */
  readonly ticker: Ticker
}

let provided: (() => RegistryContext) | undefined

/** `runtime` composes the context of this process: metrics and registries request it. */
export function provideRegistryContext(provide: () => RegistryContext): void {
  provided = provide
  provideContext(provide)
}

/** Returns the context of this process. */
export function registryContext(): RegistryContext {
  if (provided === undefined) throw new Error('promhive: import the package by its front door, not by a file inside it')
  return provided()
}
