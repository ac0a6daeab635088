import { describe, expect, test } from 'vitest'
import { Counter, Gauge, Histogram, Registry } from '../../src/index.js'
import { faultOf } from '../helpers/fault.js'
import { shown } from '../helpers/samples.js'

function filled(): Registry {
  const registry = new Registry()
  const registers = [registry]
  new Histogram({ name: 's', help: 'S.', buckets: [1], registers }).observe(0.5)
  const counter = new Counter({ name: 'jobs', help: 'J.', labelNames: ['a'], registers })
  counter.inc({ a: 'x' })
  counter.inc({ a: 'b' }, 2)
  new Gauge({ name: 'g', help: 'G.', labelNames: ['a'], registers })
  return registry
}

describe('getMetricsAsJSON()', () => {
  test("returns every metric in prom-client's shape, in the order of their creation", async () => {
    expect(await filled().getMetricsAsJSON()).toEqual([
      {
        name: 's',
        help: 'S.',
        type: 'histogram',
        aggregator: 'sum',
        values: [
          { labels: { le: 1 }, value: 1, metricName: 's_bucket' },
          { labels: { le: '+Inf' }, value: 1, metricName: 's_bucket' },
          { labels: {}, value: 0.5, metricName: 's_sum' },
          { labels: {}, value: 1, metricName: 's_count' },
        ],
      },
      {
        name: 'jobs',
        help: 'J.',
        type: 'counter',
        aggregator: 'sum',
        values: [
          { labels: { a: 'b' }, value: 2 },
          { labels: { a: 'x' }, value: 1 },
        ],
      },
      { name: 'g', help: 'G.', type: 'gauge', aggregator: 'sum', values: [] },
    ])
  })

  test('has the default labels', async () => {
    const registry = filled()
    registry.setDefaultLabels({ app: 'shop', a: 'default' })
    const [seconds, jobs] = await registry.getMetricsAsJSON()
    expect(jobs!.values.map(({ labels }) => labels)).toEqual([
      { a: 'b', app: 'shop' },
      { a: 'x', app: 'shop' },
    ])
    expect(seconds!.values[0]!.labels).toEqual({ le: 1, app: 'shop', a: 'default' })
  })
})

describe('one metric of a registry', () => {
  test('is found by its name', () => {
    const registry = new Registry()
    const counter = new Counter({ name: 'jobs', help: 'J.', registers: [registry] })
    expect(registry.getSingleMetric('jobs')).toBe(counter)
    expect(registry.getSingleMetric('other')).toBeUndefined()
  })

  test('is shown alone, with the default labels', async () => {
    const registry = filled()
    registry.setDefaultLabels({ app: 'shop' })
    expect(await registry.getSingleMetricAsString('jobs')).toBe(
      '# HELP jobs J.\n# TYPE jobs counter\njobs{a="b",app="shop"} 2\njobs{a="x",app="shop"} 1\n',
    )
  })

  test('that is not there is shown as nothing', async () => {
    expect(await filled().getSingleMetricAsString('other')).toBe('')
  })

  test('returns its own values', async () => {
    const registry = filled()
    expect(await registry.getSingleMetric('jobs')!.get()).toEqual((await registry.getMetricsAsJSON())[1])
  })

  test('returns its values without labels from the start', async () => {
    const counter = new Counter({ name: 'jobs', help: 'J.', registers: [new Registry()] })
    expect((await counter.get()).values).toEqual([{ labels: {}, value: 0 }])
  })

  test('calls collect() before it returns its values', async () => {
    const gauge: Gauge = new Gauge({
      name: 'g',
      help: 'G.',
      registers: [new Registry()],
      collect() {
        this.set(7)
      },
    })
    expect((await gauge.get()).values).toEqual([{ labels: {}, value: 7 }])
  })
})

describe('registries merged into one', () => {
  test('show the metrics of all, now and later, and still each its own', async () => {
    const [one, two] = [new Registry(), new Registry()]
    const a = new Counter({ name: 'a', help: 'A.', registers: [one] })
    const b = new Counter({ name: 'b', help: 'B.', labelNames: ['x'], registers: [two] })
    const merged = Registry.merge([one, two])
    a.inc()
    b.inc({ x: '1' })
    expect(await shown(merged)).toEqual({ a: 1, 'b{x="1"}': 1 })
    expect(await shown(one)).toEqual({ a: 1 })
    a.inc()
    b.remove('1')
    expect(await shown(merged)).toEqual({ a: 2 })
  })

  test('may share a metric', async () => {
    const registers = [new Registry(), new Registry()]
    new Counter({ name: 'a', help: 'A.', registers }).inc()
    expect(await shown(Registry.merge(registers))).toEqual({ a: 1 })
  })

  test('may not hold two metrics of one name', () => {
    const registries = [new Registry(), new Registry()]
    for (const registry of registries) new Counter({ name: 'a', help: 'A.', registers: [registry] })
    expect(faultOf(() => Registry.merge(registries))).toMatch(
      /^NAME_TAKEN: A metric with the name a has already been registered/,
    )
  })
})
