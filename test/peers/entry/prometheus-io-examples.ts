import type { Any } from './application.js'
import { examples as promClientExamples } from './difference-examples.js'

/** Of what the entry for prom-client does differently, what @prometheus-io/client does as promhive does. */
export const alike: readonly string[] = [
  'label values with separators',
  'labels of a gauge in another order',
  '`labels(…).inc()` returns',
  '`zero()` of labels that were not declared',
]

const labelled = { name: 'm', help: 'h', labelNames: ['a', 'b'] }

/** What @prometheus-io/client alone does differently, in the order of the list in docs/migrating-from-prom-client.md. */
export const ownExamples: Readonly<Record<string, (client: Any) => unknown>> = {
  'label values with a `|`': (client) => {
    const registry = new client.Registry()
    const counter = new client.Counter({ ...labelled, registers: [registry] })
    counter.inc({ a: '1|', b: '2' })
    counter.inc({ a: '1', b: '|2' })
    return registry.metrics()
  },
  '`aggregate()` of label values with a `|`': (client) => {
    const json = (labels: object) => [{ name: 'm', help: 'h', type: 'gauge', values: [{ value: 1, labels }] }]
    const all = [
      { a: '1|', b: '2' },
      { a: '1', b: '|2' },
    ]
    return client.Registry.aggregate(all.map(json)).getSingleMetric('m').get().values
  },
  'the labels of `_sum` and `_count` of a summary without labels, in JSON': async (client) => {
    const { values } = await new client.Summary({ name: 'm', help: 'h', registers: [] }).get()
    return values.slice(-2)
  },
}

export const examples = { ...promClientExamples, ...ownExamples }
