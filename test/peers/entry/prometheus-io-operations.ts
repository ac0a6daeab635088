import fc from 'fast-check'
import { labels, metric, type Operation, operation } from './operations.js'

const registry = fc.nat({ max: 1 })
const reading = fc.constantFrom('metrics' as const, 'getMetricsAsJSON' as const)
const aggregator = fc.constantFrom('sum', 'first', 'min', 'max', 'average', 'omit', 'none')

/** What @prometheus-io/client has besides. */
export const newerOperation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 300, arbitrary: operation },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('filter' as const),
      read: fc.constantFrom('getMetricsAsJSON' as const, 'getMetricsAsArray' as const),
      aggregator,
      registry,
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('store' as const), metric, labels }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('aggregate' as const), read: reading }) },
)
