import type { Any } from './application.js'

const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
const text = 'text/plain; version=0.0.4; charset=utf-8'

/** A registry with one metric, and the metric. */
function one(client: Any, type: string, options: object = {}, contentType = text): { registry: Any; metric: Any } {
  const registry = new client.Registry(contentType)
  const metric = new client[type]({ name: 'm', help: 'h', registers: [registry], ...options })
  return { registry, metric }
}

const labelled = { labelNames: ['a', 'b'] }

function plugIn(client: Any, object: object, contentType = text): Any {
  const registry = new client.Registry(contentType)
  registry.registerMetric({ name: 'm', get: () => ({ name: 'm', help: 'h', type: 'gauge', values: [], ...object }) })
  return registry
}

/** What both clients show differently, on purpose, in the order of the list in docs/migrating-from-prom-client.md. */
export const examples: Readonly<Record<string, (client: Any) => unknown>> = {
  'not a number': (client) => {
    const { registry, metric } = one(client, 'Gauge')
    metric.set(Number.NaN)
    return registry.metrics()
  },
  'a counter in an OpenMetrics answer': async (client) => {
    const { registry } = one(client, 'Counter', { name: 'jobs_total' }, openMetrics)
    const first = await registry.getSingleMetricAsString('jobs_total')
    await registry.metrics()
    registry.setContentType(text)
    return [first, await registry.metrics()]
  },
  'an OpenMetrics answer without metrics': (client) => new client.Registry(openMetrics).metrics(),
  'a quote in a help text, in OpenMetrics': (client) =>
    one(client, 'Gauge', { help: '"' }, openMetrics).registry.metrics(),
  'a histogram with a bound below 0, in OpenMetrics': (client) =>
    one(client, 'Histogram', { buckets: [-5, 1] }, openMetrics).registry.metrics(),
  'quantiles of a summary': (client) => {
    const { registry, metric } = one(client, 'Summary', { percentiles: [0.9, 0.5] })
    for (let i = 1; i < 100; i++) metric.observe(i ** 3)
    return registry.metrics()
  },
  'a quantile that is not from 0 to 1, or a window of no time': (client) =>
    one(client, 'Summary', { percentiles: [2], maxAgeSeconds: -1, ageBuckets: 2 }).metric.name,
  'buckets that are not sorted, or the same': (client) => {
    const { registry, metric } = one(client, 'Histogram', { buckets: [5, 1, 1] })
    metric.observe(0.5)
    return registry.metrics()
  },
  '`Infinity` among the buckets, and bounds as texts': (client) =>
    one(client, 'Histogram', { buckets: ['1.0', Infinity] }).registry.metrics(),
  'a bucket with the bound -1': async (client) => {
    const { metric } = one(client, 'Histogram', { buckets: [-1, 1] })
    metric.observe(7)
    return (await metric.get()).values[0].value
  },
  'a label that is `undefined` or `null`': (client) => {
    const { registry, metric } = one(client, 'Counter', labelled)
    for (const a of [undefined, null]) metric.inc({ a, b: 1 })
    metric.inc({ b: 1 })
    return registry.metrics()
  },
  'an empty label': (client) => {
    const { registry, metric } = one(client, 'Counter', labelled)
    metric.inc({ a: '' })
    metric.inc({})
    return registry.metrics()
  },
  'label values with separators': (client) => {
    const { registry, metric } = one(client, 'Counter', labelled)
    metric.inc({ a: '1,b:2' })
    metric.inc({ a: '1', b: '2' })
    return registry.metrics()
  },
  'a label value with half a character': (client) => {
    const { registry, metric } = one(client, 'Counter', labelled)
    metric.inc({ a: '\ud83d' })
    return registry.metrics()
  },
  'a label value that is an object, in JSON': async (client) => {
    const { metric } = one(client, 'Counter', labelled)
    metric.inc({ a: ['x', 'y'] })
    return (await metric.get()).values[0].labels
  },
  'an object of labels that the application changes later': (client) => {
    const { registry, metric } = one(client, 'Counter', labelled)
    const labels = { a: 1 }
    metric.inc(labels)
    labels.a = 2
    return registry.metrics()
  },
  'labels of a gauge in another order': (client) => {
    const { registry, metric } = one(client, 'Gauge', labelled)
    metric.set({ a: 1, b: 2 }, 1)
    metric.set({ b: 2, a: 1 }, 1)
    return registry.metrics()
  },
  'a label name that begins with `__`': (client) => one(client, 'Counter', { labelNames: ['__a'] }).metric.name,
  'default labels in JSON': async (client) => {
    const { registry, metric } = one(client, 'Counter', labelled)
    metric.inc({ a: 0 })
    registry.setDefaultLabels({ a: 'default', service: 'shop' })
    const [{ values }] = await registry.getMetricsAsJSON()
    registry.setDefaultLabels({})
    return [values[0].labels, await registry.metrics()]
  },
  'default labels that no format can show': (client) => {
    const { registry } = one(client, 'Counter')
    registry.setDefaultLabels({ 'not a name': 1 })
    return registry.metrics()
  },
  "`inc(NaN)`, `inc('')`, `inc(false)` of a counter": (client) => {
    const { registry, metric } = one(client, 'Counter')
    for (const amount of [Number.NaN, '', false]) metric.inc(amount)
    return registry.metrics()
  },
  '`labels(…).inc()` returns': (client) => one(client, 'Counter', labelled).metric.labels(1, 2).inc(),
  '`zero()` of labels that were not declared': (client) => {
    const { registry, metric } = one(client, 'Histogram', { ...labelled, buckets: [] })
    metric.zero({ undeclared: 'x' })
    return registry.metrics()
  },
  '`labels(…)` of a metric with exemplars': async (client) => {
    const { metric } = one(client, 'Counter', { ...labelled, enableExemplars: true }, openMetrics)
    metric.labels(1, 2).inc(5)
    return (await metric.get()).values
  },
  'the exemplar of an increase by 0': async (client) => {
    const { metric } = one(client, 'Counter', { enableExemplars: true }, openMetrics)
    metric.inc({ value: 0, exemplarLabels: { trace_id: 'x' } })
    return (await metric.get()).values[0].exemplar.value
  },
  'an exemplar that is refused': (client) => {
    const { registry, metric } = one(client, 'Counter', { enableExemplars: true }, openMetrics)
    try {
      metric.inc({ exemplarLabels: { trace_id: 'x'.repeat(200) } })
    } catch {
      // Both throw a RangeError.
    }
    return registry.metrics()
  },
  'labels of an exemplar, in JSON': async (client) => {
    const { metric } = one(client, 'Counter', { enableExemplars: true }, openMetrics)
    metric.inc({ exemplarLabels: { span: 7 } })
    return (await metric.get()).values[0].exemplar.labelSet
  },
  'a metric whose constructor throws': (client) => {
    const registry = new client.Registry()
    try {
      new client.Histogram({ name: 'm', help: 'h', labelNames: ['le'], registers: [registry] })
    } catch {
      // Both refuse the label.
    }
    return registry.getMetricsAsArray().length
  },
  'the series of a metric that was removed from its registry': async (client) => {
    const { registry, metric } = one(client, 'Counter', labelled)
    metric.inc({ a: 1 })
    metric.inc({ a: 2 })
    metric.remove({ a: 1 })
    metric.inc({ a: 1 })
    registry.removeSingleMetric('m')
    return metric.get()
  },
  'the help text of a metric that is made again': async (client) => {
    const { registry } = one(client, 'Counter')
    await registry.metrics()
    registry.removeSingleMetric('m')
    new client.Counter({ name: 'm', help: 'another', registers: [registry] })
    return registry.metrics()
  },
  'a metric that a `collect()` makes': (client) => {
    const registry = new client.Registry()
    const registers = [registry]
    const collect = (): void => {
      if (!registry.getSingleMetric('made')) new client.Counter({ name: 'made', help: 'h', registers })
    }
    new client.Gauge({ name: 'm', help: 'h', registers, collect })
    return registry.metrics()
  },
  'two metrics whose samples have the same name': (client) => {
    const { registry } = one(client, 'Histogram')
    new client.Counter({ name: 'm_count', help: 'h', registers: [registry] })
    return registry.getMetricsAsArray().length
  },
  'a `collect()` or `get()` that throws': (client) => {
    const collect = (): void => {
      throw new Error('away')
    }
    return one(client, 'Gauge', { collect }).registry.metrics()
  },
  'an object of a plug-in with an illegal name': (client) => plugIn(client, { name: 'no name' }).metrics(),
  'an object of a plug-in with a value that is not a number': (client) =>
    plugIn(client, { values: [{ value: '7' }] }).metrics(),
  'an object of a plug-in with another type': (client) => plugIn(client, { type: 'meter' }).metrics(),
  'an object of a plug-in that is not what its type says, in OpenMetrics': (client) =>
    plugIn(client, { values: [{ value: 7, metricName: 'm_sum' }] }, openMetrics).metrics(),
  'a series that an object of a plug-in has twice, in OpenMetrics': (client) => {
    const values = [1, 2, 1].map((a) => ({ value: 1, labels: { a } }))
    return plugIn(client, { values }, openMetrics).metrics()
  },
  '`resetMetrics()` with an object that has no `reset()`': (client) => plugIn(client, {}).resetMetrics(),
}
