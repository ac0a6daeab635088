import type { MetricRegistry } from '../../metric/context.js'
import { illegalLabelNames } from '../internals/validation.js'
import type { ClientRules } from '../prom-client/client-rules.js'
import { Registry } from './registry.js'

/** @prometheus-io/client 0.16.1. */
export const prometheusIoRules: ClientRules = {
  invalidName: (name) => `Invalid metric name: ${name}`,
  invalidLabelNames: (names) =>
    `At least one label name is invalid: ${illegalLabelNames(names as readonly string[]).join(',')}`,
  listed: (labelNames) => [...labelNames].sort(),
  cumulativeExemplars: true,
  movesByOneForNull: true,
  globalRegistry: () => Registry.globalRegistry as unknown as MetricRegistry,
}
