import { describe, expect, test } from 'vitest'
import { Gauge, Registry } from '../../../src/prom-client.js'
import { expectSame } from './both.js'

const openMetrics = Registry.OPENMETRICS_CONTENT_TYPE

type Values = readonly object[] | undefined

/** A registry with an object of a plug-in. */
// biome-ignore lint/suspicious/noExplicitAny: plug-ins return anything
function plugIn(client: any, object: object, contentType?: string): any {
  const registry = new client.Registry(contentType)
  // prom-client writes into what it is given.
  registry.registerMetric({ name: 'm', get: () => structuredClone(object) })
  return registry
}

function gauge(values: Values): object {
  return { name: 'm', help: 'M.', type: 'gauge', values, aggregator: 'sum' }
}

describe('an object of a plug-in is shown as by the client', () => {
  test.each<[string, Values]>([
    ['no values', undefined],
    ['values without labels', [{ value: 1 }]],
    ['labels of any type', [{ value: 1, labels: { a: 1, b: true, c: 'x"\\\n' } }]],
    ['shared labels after the default ones', [{ value: 1, labels: { a: 1, b: 2 }, sharedLabels: { b: 3, c: 4 } }]],
    ['its own labels in the place of default ones', [{ value: 1, labels: { service: 'own' } }]],
    ['infinite values', [{ value: Infinity, labels: { a: 1 } }, { value: -Infinity }]],
    ['samples of other names', [{ value: 1, metricName: 'm_sum' }]],
  ])('with %s', (_, values) =>
    expectSame(async (client, sightings) => {
      const registry = plugIn(client, gauge(values))
      sightings.see(await registry.metrics())
      registry.setDefaultLabels({ service: 'shop', c: 'default' })
      sightings.see(await registry.metrics())
      sightings.see(await registry.getMetricsAsJSON())
    }),
  )

  test('with exemplars, in OpenMetrics', () =>
    expectSame(async (client, sightings) => {
      const exemplar = { labelSet: { trace_id: 'x"' }, value: 0.5, timestamp: 1_700_000_000.5 }
      const values = [{ value: 1, labels: { a: 1 }, exemplar }]
      sightings.see(await plugIn(client, { ...gauge(values), type: 'counter' }, openMetrics).metrics())
    }))

  test('without a name of its own, and called each time', () =>
    expectSame(async ({ Registry }, sightings) => {
      const registry = new Registry()
      let value = 0
      registry.registerMetric({ get: async () => gauge([{ value: ++value }]) })
      sightings.see([await registry.metrics(), await registry.metrics()])
    }))
})

describe('an object of a plug-in that no format can show', () => {
  const wrong = { ...gauge([{ value: 1 }]), name: 'no name\nhere' }

  test.each<[string, unknown]>([
    ['an illegal name', wrong],
    ['an illegal label', gauge([{ value: 1, labels: { 'a b': 1 } }])],
    ['a value that is no number', gauge([{ value: '1' }])],
    ['labels that are no object', gauge([{ value: 1, labels: 'a' }])],
    ['an illegal name of a sample', gauge([{ value: 1, metricName: 'a b' }])],
    ['values that are no array', gauge({} as never)],
    ['nothing at all', undefined],
  ])('because of %s is omitted from the text, and JSON contains it', async (_, object) => {
    const registry = new Registry()
    new Gauge({ name: 'level', help: 'L.', registers: [registry] }).set(2)
    registry.registerMetric({ name: 'm', get: () => object } as never)
    expect(await registry.metrics()).toBe('# HELP level L.\n# TYPE level gauge\nlevel 2\n')
    const [, shown] = await registry.getMetricsAsJSON()
    expect(shown).toEqual(object)
  })

  test('is shown with its last values once it fails', async () => {
    const registry = new Registry()
    let object = gauge([{ value: 1 }])
    registry.registerMetric({ name: 'm', get: () => object } as never)
    const before = await registry.metrics()
    object = wrong
    expect([before, await registry.metrics()]).toEqual(['# HELP m M.\n# TYPE m gauge\nm 1\n', before])
  })

  test('rejects when it is requested alone', async () => {
    await expect(new Registry().getMetricsAsString({ get: () => wrong })).rejects.toThrow(/name/)
  })

  test('is no second family of a name', async () => {
    const registry = new Registry()
    new Gauge({ name: 'm', help: 'M.', registers: [registry] }).set(2)
    registry.registerMetric({ get: () => gauge([{ value: 9 }]) } as never)
    expect(await registry.metrics()).toBe('# HELP m M.\n# TYPE m gauge\nm 2\n')
  })
})
