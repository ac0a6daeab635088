import * as promClient from 'prom-client'
import { describe, expect, test } from 'vitest'
import * as entry from '../../../src/prom-client.js'
import { expectSame } from './both.js'

// biome-ignore lint/suspicious/noExplicitAny: what is aggregated may be of any shape
type Any = any

const labels = { method: 'get', code: 200 }
const sample = (value: number): object => ({ value, labels })

/** Two processes' metrics. */
function metrics(type: string, aggregator: string, ...values: readonly object[][]): object[][] {
  return values.map((values) => [{ help: 'M.', name: 'm', type, values, aggregator }])
}

describe('aggregate() merges JSON as the client does', () => {
  test.each(['sum', 'first', 'min', 'max', 'average', 'omit', 'unknown', undefined])('by %s', (aggregator) =>
    expectSame(async (client, sightings) => {
      const given = metrics('gauge', aggregator as string, [sample(1), { value: 5, labels: {} }], [sample(3)])
      const { AggregatorRegistry } = client as Any
      sightings.attempt(() => AggregatorRegistry.aggregate(given).getMetricsAsArray().length)
      if (aggregator === 'unknown' || aggregator === undefined) return
      const registry = AggregatorRegistry.aggregate(given)
      sightings.see(await registry.metrics())
      sightings.see(await registry.getMetricsAsJSON())
      sightings.see(registry.getSingleMetric('m')?.get())
    }),
  )

  test('of all types, in either format', () =>
    expectSame(async (client, sightings) => {
      const { AggregatorRegistry, Registry, Counter, Gauge, Histogram, Summary } = client as Any
      const processes = [1, 2].map((amount) => {
        const registry = new Registry()
        const common = { help: 'M.', labelNames: ['b', 'a'], registers: [registry] }
        new Counter({ ...common, name: 'c' }).inc({ b: 1, a: 2 }, amount)
        new Gauge({ ...common, name: 'g' }).set({ a: amount }, amount)
        new Histogram({ ...common, name: 'h', buckets: [1, 2] }).observe({ a: 1 }, amount)
        new Summary({ ...common, name: 's', percentiles: [] }).observe({ a: 1 }, amount)
        return registry
      })
      const json = await Promise.all(processes.map((registry) => registry.getMetricsAsJSON()))
      sightings.see(await AggregatorRegistry.aggregate(json).metrics())
      const openMetrics = AggregatorRegistry.aggregate(json, Registry.OPENMETRICS_CONTENT_TYPE)
      sightings.see([openMetrics.contentType, await openMetrics.metrics()])
      sightings.attempt(() => AggregatorRegistry.aggregate(json, 'text/html'))
    }))

  test("by an aggregator of the application's own", async () => {
    for (const client of [promClient, entry] as Any[]) {
      const { aggregators, AggregatorRegistry } = client
      aggregators.own = (metrics: Any[]) => ({ ...metrics[0], values: [{ value: metrics.length, labels: {} }] })
      const registry = AggregatorRegistry.aggregate(metrics('gauge', 'own', [sample(1)], [sample(2)]))
      expect(await registry.metrics()).toBe('# HELP m M.\n# TYPE m gauge\nm 2\n')
      delete aggregators.own
    }
  })

  test('with label values that read like each other', async () => {
    const values = [
      [{ value: 1, labels: { a: '1,b:2' } }],
      [{ value: 2, labels: { a: '1', b: '2' } }],
      [{ value: 3, labels: { a: 1, b: 2 } }],
    ]
    const registry = entry.AggregatorRegistry.aggregate(metrics('gauge', 'sum', ...values))
    expect(await registry.metrics()).toBe('# HELP m M.\n# TYPE m gauge\nm{a="1,b:2"} 1\nm{a="1",b="2"} 5\n')
  })
})

test('AggregatorFactory() makes an aggregator of what it makes of values', () => {
  const last = entry.AggregatorFactory((values) => values.at(-1)!.value)
  const [one, two] = metrics('gauge', 'last', [sample(1)], [sample(2)]).flat() as Any[]
  expect(last([one, two])).toEqual({ help: 'M.', name: 'm', type: 'gauge', aggregator: 'last', values: [sample(2)] })
  expect(last([])).toBeUndefined()
})

test('setRegistries() refuses a value that is not a registry, as the client does', () =>
  expectSame((client, sightings) => {
    const { AggregatorRegistry } = client as Any
    for (const given of [{}, undefined, [undefined], 'x', [AggregatorRegistry.globalRegistry, 5]]) {
      sightings.attempt(() => AggregatorRegistry.setRegistries(given))
    }
  }))
