import { describe, expect, test } from 'vitest'
import { Counter, Gauge, Histogram, Registry } from '../../src/index.js'
import { faultOf } from '../helpers/fault.js'
import { shown } from '../helpers/samples.js'

function counterIn(registry: Registry, name = 'jobs', labelNames: readonly string[] = []): Counter<string> {
  return new Counter({ name, help: 'Jobs.', labelNames, registers: [registry] })
}

describe('what a registry shows', () => {
  test('is nothing when it is empty', async () => {
    expect(await new Registry().metrics()).toBe('')
    expect(await new Registry().getMetricsAsJSON()).toEqual([])
  })

  test('is sorted by family and by label values, however they came', async () => {
    const texts = []
    for (const order of [
      ['b', 'a', 'c'],
      ['c', 'b', 'a'],
    ]) {
      const registry = new Registry()
      for (const name of order) {
        const counter = counterIn(registry, name, name === 'c' ? ['y', 'x'] : ['x', 'y'])
        for (const value of order) counter.inc(order[0] === 'c' ? { x: value, y: '1' } : { y: '1', x: value })
      }
      texts.push(await registry.metrics())
    }
    expect(texts[0]).toBe(texts[1])
    expect(texts[0]!.match(/^[abc]\{.+$/gm)!.slice(0, 4)).toEqual([
      'a{x="a",y="1"} 1',
      'a{x="b",y="1"} 1',
      'a{x="c",y="1"} 1',
      'b{x="a",y="1"} 1',
    ])
  })

  test('is the same text from one scrape to the next while nothing is counted', async () => {
    const registry = new Registry()
    for (const value of ['z', 'a', 'm']) counterIn(registry, 'jobs', ['a']).inc({ a: value })
    const first = await registry.metrics()
    expect(await registry.metrics()).toBe(first)
  })

  test('is returned with its content type', () => {
    expect(new Registry().contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(Registry.PROMETHEUS_CONTENT_TYPE).toBe('text/plain; version=0.0.4; charset=utf-8')
  })

  test('comes as bytes as well, the same', async () => {
    const registry = new Registry()
    counterIn(registry, 'jobs', ['a']).inc({ a: '✓' })
    expect(Buffer.concat(await registry.chunks()).toString()).toBe(await registry.metrics())
  })

  test('has every series of many, in slices', async () => {
    const registry = new Registry()
    const counter = counterIn(registry, 'jobs', ['a'])
    for (let i = 0; i < 5000; i++) counter.inc({ a: String(i).padStart(4, '0') }, i)
    expect(Object.values(await shown(registry))).toEqual(Array.from({ length: 5000 }, (_, i) => i))
  })
})

describe('a metric made twice', () => {
  test('of the same definition is the same series', async () => {
    const registry = new Registry()
    counterIn(registry).inc()
    counterIn(registry).inc(2)
    expect(await shown(registry)).toEqual({ jobs: 3 })
  })

  test('may declare its labels in another order, and have another help', async () => {
    const registry = new Registry()
    counterIn(registry, 'jobs', ['a', 'b']).labels('1', '2').inc()
    new Counter({ name: 'jobs', help: 'Other.', labelNames: ['b', 'a'], registers: [registry] }).labels('2', '1').inc()
    expect(await shown(registry)).toEqual({ 'jobs{a="1",b="2"}': 2 })
  })

  test('is found under its name, the first of them', () => {
    const registry = new Registry()
    const first = counterIn(registry)
    counterIn(registry)
    expect(registry.getSingleMetric('jobs')).toBe(first)
    expect(registry.getMetricsAsArray()).toEqual([first])
  })

  test.each<[string, (registry: Registry) => unknown, string]>([
    [
      'another type',
      (registry) => new Gauge({ name: 'x', help: 'X.', registers: [registry] }),
      '(type counter and gauge)',
    ],
    ['other labels', (registry) => counterIn(registry, 'x', ['b']), '(label names [a] and [b])'],
    ['no labels', (registry) => counterIn(registry, 'x'), '(label names [a] and [])'],
  ])('of %s is refused, and the first stays', async (_, again, text) => {
    const registry = new Registry()
    const first = counterIn(registry, 'x', ['a'])
    expect(faultOf(() => again(registry))).toBe(
      `NAME_TAKEN: A metric with the name x has already been registered with another definition ${text}; use getSingleMetric("x") or another name`,
    )
    expect(registry.getMetricsAsArray()).toEqual([first])
  })

  test('with other buckets, or as a gauge of another mode, is refused', () => {
    const registry = new Registry()
    const registers = [registry]
    new Histogram({ name: 'h', help: 'H.', buckets: [1, 2], registers })
    new Gauge({ name: 'g', help: 'G.', mode: 'max', registers })
    expect(faultOf(() => new Histogram({ name: 'h', help: 'H.', buckets: [1], registers }))).toMatch(
      /^NAME_TAKEN: .+\(buckets \[1, 2\] and \[1\]\); use/,
    )
    expect(faultOf(() => new Gauge({ name: 'g', help: 'G.', registers }))).toMatch(
      /^NAME_TAKEN: .+\(mode max and livesum\); use/,
    )
  })

  test("is refused in every case by { duplicates: 'throw' }, as in prom-client", async () => {
    const registry = new Registry({ duplicates: 'throw' })
    counterIn(registry).inc()
    expect(faultOf(() => counterIn(registry))).toBe(
      'NAME_TAKEN: A metric with the name jobs has already been registered; use getSingleMetric("jobs") or another name',
    )
    expect(await shown(registry)).toEqual({ jobs: 1 })
  })

  test('in two registries counts in each on its own', async () => {
    const [one, two] = [new Registry(), new Registry()]
    counterIn(one).inc(1)
    counterIn(two).inc(2)
    expect([await shown(one), await shown(two)]).toEqual([{ jobs: 1 }, { jobs: 2 }])
  })

  test('may be registered again itself, to no effect', () => {
    const registry = new Registry({ duplicates: 'throw' })
    const counter = counterIn(registry)
    registry.registerMetric(counter)
    expect(registry.getMetricsAsArray()).toEqual([counter])
  })
})

describe('letting go', () => {
  test('of one metric by its name: its series are gone, and the name is free', async () => {
    const registry = new Registry()
    counterIn(registry, 'a', ['x']).inc({ x: '1' })
    counterIn(registry, 'b').inc()
    registry.removeSingleMetric('a')
    registry.removeSingleMetric('never there')
    expect(registry.getSingleMetric('a')).toBeUndefined()
    expect(await registry.metrics()).not.toContain('a{')
    counterIn(registry, 'a', ['y']).inc({ y: '2' })
    expect(await shown(registry)).toEqual({ 'a{y="2"}': 1, b: 1 })
  })

  test('of all: every metric and the default labels', async () => {
    const registry = new Registry()
    registry.setDefaultLabels({ app: 'x' })
    counterIn(registry, 'a', ['x']).inc({ x: '1' })
    counterIn(registry, 'b').inc()
    registry.clear()
    expect(await registry.metrics()).toBe('')
    expect(registry.getMetricsAsArray()).toEqual([])
    counterIn(registry, 'b').inc()
    expect(await shown(registry)).toEqual({ b: 1 })
  })

  test('of a definition that is registered again later shows the counts since then', async () => {
    const registry = new Registry()
    const labels: Record<string, string>[] = []
    for (const label of ['x', 'y', 'x']) {
      registry.clear()
      counterIn(registry, 'a', [label]).inc({ [label]: '1' })
      labels.push(
        ...((await registry.getMetricsAsJSON()).flatMap(({ values }) => values.map((value) => value.labels)) as Record<
          string,
          string
        >[]),
      )
    }
    expect(labels).toEqual([{ x: '1' }, { y: '1' }, { x: '1' }])
  })

  test('of a metric permits another definition, also before that is counted', async () => {
    const registry = new Registry()
    new Gauge({ name: 'a', help: 'Old.', registers: [registry] }).set(5)
    await registry.metrics()
    registry.clear()
    counterIn(registry, 'a', ['x'])
    expect(await registry.metrics()).toBe('# HELP a Jobs.\n# TYPE a counter\n')
  })

  test('of the values only: resetMetrics()', async () => {
    const registry = new Registry()
    counterIn(registry, 'a', ['x']).inc({ x: '1' })
    counterIn(registry, 'b').inc(5)
    new Histogram({ name: 'h', help: 'H.', buckets: [], registers: [registry] }).observe(5)
    registry.resetMetrics()
    expect(await shown(registry)).toEqual({ b: 0, 'h_bucket{le="+Inf"}': 0, h_sum: 0, h_count: 0 })
    expect(await registry.metrics()).toContain('# TYPE a counter\n')
  })
})

describe('default labels', () => {
  test('are added to every series that has no label of that name', async () => {
    const registry = new Registry()
    registry.setDefaultLabels({ app: 'shop', a: 'default' })
    counterIn(registry, 'jobs', ['a']).inc({ a: 'own' })
    counterIn(registry, 'jobs', ['a']).inc({})
    counterIn(registry, 'other')
    expect(await shown(registry)).toEqual({
      'jobs{a="own",app="shop"}': 1,
      'jobs{app="shop",a="default"}': 1,
      'other{app="shop",a="default"}': 0,
    })
  })

  test('take the place of those that were set before, also on series that were shown', async () => {
    const registry = new Registry()
    counterIn(registry)
    registry.setDefaultLabels({ app: 'one' })
    await registry.metrics()
    registry.setDefaultLabels({ zone: 2 })
    expect(await shown(registry)).toEqual({ 'jobs{zone="2"}': 0 })
    registry.setDefaultLabels({})
    expect(await shown(registry)).toEqual({ jobs: 0 })
  })

  test('are escaped, and not followed when the object changes', async () => {
    const registry = new Registry()
    const labels = { app: 'a"\\\n' }
    registry.setDefaultLabels(labels)
    labels.app = 'changed'
    counterIn(registry)
    expect(await registry.metrics()).toContain('jobs{app="a\\"\\\\\\n"} 0\n')
  })

  test('of undefined or null are none', async () => {
    const registry = new Registry()
    registry.setDefaultLabels({ app: undefined, zone: null, a: '' } as never)
    counterIn(registry)
    expect(await shown(registry)).toEqual({ 'jobs{a=""}': 0 })
  })

  test('must have names that a label may have, and not le', () => {
    const set = (labels: Record<string, string>) => () => new Registry().setDefaultLabels(labels)
    expect(faultOf(set({ 'a-b': '1' }))).toMatch(/^LABEL_NAME_INVALID: setDefaultLabels: "a-b" is not a label name/)
    expect(faultOf(set({ __a: '1' }))).toMatch(/^LABEL_RESERVED: setDefaultLabels: label "__a" is reserved/)
    expect(faultOf(set({ le: '1' }))).toMatch(/^LABEL_RESERVED: setDefaultLabels: label "le" is reserved/)
  })

  test.each([undefined, null, 'app', 7])('must be an object, not %s', (labels) => {
    expect(faultOf(() => new Registry().setDefaultLabels(labels as never))).toMatch(
      /^OPTION_INVALID: setDefaultLabels takes an object of label values, got /,
    )
  })
})
