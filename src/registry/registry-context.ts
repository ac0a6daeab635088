import type { Formatters, Gathering } from '../gather/gathering.js'
import type { MetricRegistry, Nameless } from '../metric/context.js'
import type { MetricsError } from '../model/errors.js'
import type { LabelSet } from '../model/label-set.js'
import type { Ticker } from './ticker.js'

/** The home as a registry sees it. */
export interface RegistryHome {
  readonly gathering: Gathering
  formatters(defaultLabels: LabelSet): Formatters
  nextNameless(what: Nameless): string
  onError(error: MetricsError): void
  /** A home for one registry whose metrics stay in this process, and go with it. */
  apart(): MetricRegistry['home'] & RegistryHome
  /** Whether other processes count into the same store. */
  isShared(): boolean
  /** Whether the default registry shows promhive's own state. */
  showsItself(): boolean
  /** What every process does now and then: publishing what only it knows. */
  readonly ticker: Ticker
}
