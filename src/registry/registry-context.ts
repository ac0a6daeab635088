import type { Formatters } from '../exposition/formatters.js'
import type { SourceGatherer } from '../gather/source-gatherer.js'
import { type Home, provideHome } from '../metric/context.js'
import type { LabelSet } from '../model/label-set.js'
import type { Registry } from './registry.js'
import type { Ticker } from './ticker.js'

/** The home as a registry sees it. */
export interface RegistryHome extends Home {
  readonly registry: Registry
  /** Gathers the families of all registries. */
  readonly gatherer: SourceGatherer
  formatters(defaultLabels: LabelSet): Formatters
  /** A home for one registry whose metrics stay in this process, and go with it. */
  apart(): RegistryHome
  /** Whether other processes count into the same store. */
  isShared(): boolean
  /** Whether the default registry shows promhive's own state. */
  showsItself(): boolean
  /** What every process does now and then: publishing what only it knows. */
  readonly ticker: Ticker
}

let provided: (() => RegistryHome) | undefined

/** The front door composes the home of this process: metrics and registries ask for it. */
export function provideRegistryHome(provide: () => RegistryHome): void {
  provided = provide
  provideHome(provide)
}

/** Returns the home of this process. */
export function registryHome(): RegistryHome {
  if (provided === undefined) throw new Error('promhive: import the package by its front door, not by a file inside it')
  return provided()
}
