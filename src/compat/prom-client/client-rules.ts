import type { MetricRegistry } from '../../metric/context.js'
import { globalRegistry } from './global-registry.js'

/** What differs between the versions of the client whose classes these are. */
export interface ClientRules {
  /** The text of the error for an invalid name of a metric. */
  invalidName(name: unknown): string
  /** The text of the error for label names of which one is invalid. */
  invalidLabelNames(names: readonly unknown[]): string
  /** The order in which an error lists the label names of a metric. */
  listed(labelNames: readonly string[]): readonly string[]
  /** Whether the exemplar of a counter has the value of the whole series, not what was added with it. */
  readonly cumulativeExemplars: boolean
  /** Whether `inc(null)` and `dec(null)` of a gauge move it by 1. */
  readonly movesByOneForNull: boolean
  /** The registry of metrics that name none. */
  globalRegistry(): MetricRegistry
}

/** prom-client 15.1.3. */
export const promClientRules: ClientRules = {
  invalidName: () => 'Invalid metric name',
  invalidLabelNames: () => 'Invalid label name',
  listed: (labelNames) => labelNames,
  cumulativeExemplars: false,
  movesByOneForNull: false,
  globalRegistry: () => globalRegistry,
}
