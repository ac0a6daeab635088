import { describe, expect, test } from 'vitest'
import { Counter, Gauge, Histogram, Registry } from '../../src/index.js'
import { faultOf } from '../helpers/fault.js'
import { shown } from '../helpers/samples.js'

function requests() {
  const registry = new Registry()
  const counter = new Counter({ name: 'r', help: 'R.', labelNames: ['a', 'b'], registers: [registry] })
  return { registry, counter }
}

describe('remove()', () => {
  test.each<[string, (counter: Counter<'a' | 'b'>) => void]>([
    ['by name', (counter) => counter.remove({ a: '1', b: '2' })],
    ['by name in another order', (counter) => counter.remove({ b: '2', a: '1' })],
    ['in the declared order', (counter) => counter.remove('1', '2')],
    ['by the numbers that were meant', (counter) => counter.remove(1, 2)],
  ])('takes one series away: %s', async (_, remove) => {
    const { counter, registry } = requests()
    counter.inc({ a: '1', b: '2' })
    counter.inc({ a: '1', b: '3' })
    remove(counter)
    expect(await shown(registry)).toEqual({ 'r{a="1",b="3"}': 1 })
  })

  test.each<[string, unknown]>([
    ['number and boolean', { a: 1, b: true }],
    ['texts', { a: '1', b: 'true' }],
    ['bigint', { a: 1n, b: 'true' }],
  ])('finds a series in whatever form its values are counted: %s', async (_, labels) => {
    const { counter, registry } = requests()
    counter.inc(labels as never, 5)
    counter.remove('1', 'true')
    counter.inc(labels as never)
    counter.remove(1, true)
    counter.inc(labels as never, 2)
    expect(await shown(registry)).toEqual({ 'r{a="1",b="true"}': 2 })
  })

  test.each([
    ['texts', { a: '1', b: 'true' }],
    ['number and boolean', { a: 1, b: true }],
    ['half absent', { a: 1, b: null }],
  ])('forgets the child, in whatever form its values were passed: %s', (_, labels) => {
    const { counter } = requests()
    const before = counter.labels(labels as never)
    before.inc()
    expect(counter.labels(labels as never)).toBe(before)
    counter.remove({ a: '1', b: labels.b === null ? labels.b : 'true' } as never)
    expect(counter.labels(labels as never)).not.toBe(before)
  })

  test('of labels that are partly absent takes that series', async () => {
    const { counter, registry } = requests()
    counter.inc({ a: '1' } as never)
    counter.inc({} as never)
    counter.remove({ a: '1' } as never)
    expect(await shown(registry)).toEqual({ r: 1 })
    counter.remove({} as never)
    expect(await shown(registry)).toEqual({})
  })

  test('of a series that is not there does nothing', async () => {
    const { counter, registry } = requests()
    counter.inc({ a: '1', b: '2' })
    counter.remove('3', '4')
    expect(await shown(registry)).toEqual({ 'r{a="1",b="2"}': 1 })
  })

  test('leaves a child that is held usable: it starts fresh', async () => {
    const { counter, registry } = requests()
    const held = counter.labels('1', '2')
    held.inc(5)
    counter.remove('1', '2')
    expect(await shown(registry)).toEqual({})
    held.inc(2)
    counter.inc({ a: '1', b: '2' })
    expect(await shown(registry)).toEqual({ 'r{a="1",b="2"}': 3 })
    counter.remove('1', '2')
    expect(await shown(registry)).toEqual({})
    held.inc()
    expect(await shown(registry)).toEqual({ 'r{a="1",b="2"}': 1 })
  })

  test('passes its slots to another series, and the held child does not write there', async () => {
    const { counter, registry } = requests()
    const held = counter.labels('old', '')
    held.inc(5)
    counter.remove('old', '')
    counter.inc({ a: 'new', b: '' })
    held.inc()
    expect(await shown(registry)).toEqual({ 'r{a="new"}': 1, 'r{a="old"}': 1 })
  })

  test('lets held children of a gauge and of a histogram start fresh as well', async () => {
    const registry = new Registry()
    const gauges = (['sum', 'livemax', 'mostrecent'] as const).map(
      (mode) => new Gauge({ name: `g_${mode}`, help: 'G.', labelNames: ['a'], mode, registers: [registry] }),
    )
    const histogram = new Histogram({ name: 'h', help: 'H.', labelNames: ['a'], buckets: [1], registers: [registry] })
    const held = gauges.map((gauge) => gauge.labels('x'))
    const heldHistogram = histogram.labels('x')
    for (const child of held) child.set(7)
    heldHistogram.observe(7)
    for (const metric of [...gauges, histogram]) metric.remove('x')
    expect(await shown(registry)).toEqual({})
    for (const child of held) child.set(1)
    heldHistogram.observe(1)
    expect(await shown(registry)).toEqual({
      'g_sum{a="x"}': 1,
      'g_livemax{a="x"}': 1,
      'g_mostrecent{a="x"}': 1,
      'h_bucket{a="x",le="1"}': 1,
      'h_bucket{a="x",le="+Inf"}': 1,
      'h_sum{a="x"}': 1,
      'h_count{a="x"}': 1,
    })
  })
})

describe('reset()', () => {
  test('puts a metric without labels back to 0', async () => {
    const registry = new Registry()
    const counter = new Counter({ name: 'c', help: 'C.', registers: [registry] })
    const gauge = new Gauge({ name: 'g', help: 'G.', registers: [registry] })
    const histogram = new Histogram({ name: 'h', help: 'H.', buckets: [], registers: [registry] })
    counter.inc(5)
    gauge.set(5)
    histogram.observe(5)
    for (const metric of [counter, gauge, histogram]) metric.reset()
    expect(await shown(registry)).toEqual({ c: 0, g: 0, 'h_bucket{le="+Inf"}': 0, h_sum: 0, h_count: 0 })
    counter.inc()
    gauge.inc()
    histogram.observe(1)
    expect(await shown(registry)).toEqual({ c: 1, g: 1, 'h_bucket{le="+Inf"}': 1, h_sum: 1, h_count: 1 })
  })

  test('takes every series of a metric with labels away, the one without label values as well', async () => {
    const { counter, registry } = requests()
    counter.inc({ a: '1', b: '2' })
    counter.inc({ a: '1', b: '3' })
    counter.inc({} as never)
    counter.reset()
    expect(await shown(registry)).toEqual({})
    counter.inc({ a: '1', b: '2' })
    expect(await shown(registry)).toEqual({ 'r{a="1",b="2"}': 1 })
  })

  // exactKey() in model/series-key.ts asks `name in filter`, which every object answers for "constructor".
  test('takes every series away whose label is named like what every object has', async () => {
    const registry = new Registry()
    const counter = new Counter({ name: 'r', help: 'R.', labelNames: ['constructor'], registers: [registry] })
    counter.labels('a').inc()
    counter.reset()
    expect(await shown(registry)).toEqual({})
  })

  test('leaves children that are held usable', async () => {
    const { counter, registry } = requests()
    const held = counter.labels('1', '2')
    held.inc(5)
    counter.reset()
    held.inc()
    expect(await shown(registry)).toEqual({ 'r{a="1",b="2"}': 1 })
  })

  test('takes a series away that a held child began again after remove()', async () => {
    const { counter, registry } = requests()
    const held = counter.labels('1', '2')
    held.inc()
    counter.remove('1', '2')
    held.inc()
    counter.reset()
    expect(await shown(registry)).toEqual({})
  })

  test('takes a series away that was counted by the same metric made in another place', async () => {
    const { counter, registry } = requests()
    const again = new Counter({ name: 'r', help: 'R.', labelNames: ['a', 'b'], registers: [registry] })
    again.inc({ a: '1', b: '2' })
    counter.reset()
    expect(await shown(registry)).toEqual({})
    again.inc({ a: '1', b: '2' })
    registry.resetMetrics()
    expect(await shown(registry)).toEqual({})
    again.inc({ a: '1', b: '2' })
    expect(await shown(registry)).toEqual({ 'r{a="1",b="2"}': 1 })
  })

  test('of a mostrecent gauge leaves no value', async () => {
    const registry = new Registry()
    const gauge = new Gauge({ name: 'g', help: 'G.', mode: 'mostrecent', registers: [registry] })
    gauge.set(5)
    gauge.reset()
    expect(await shown(registry)).toEqual({})
  })

  test('leaves the same metric in another registry alone', async () => {
    const [one, other] = [requests(), requests()]
    one.counter.inc({ a: '1', b: '2' })
    other.counter.inc({ a: '1', b: '2' })
    one.counter.reset()
    expect(await shown(one.registry)).toEqual({})
    expect(await shown(other.registry)).toEqual({ 'r{a="1",b="2"}': 1 })
  })
})

describe('removeByLabels()', () => {
  test('takes every series away that has these values, whatever its others are', async () => {
    const { counter, registry } = requests()
    for (const [a, b] of [
      ['1', 'x'],
      ['1', 'y'],
      ['2', 'x'],
    ] as const) {
      counter.inc({ a, b })
    }
    counter.inc({ b: 'x' } as never)
    counter.removeByLabels({ a: 1 })
    expect(await shown(registry)).toEqual({ 'r{a="2",b="x"}': 1, 'r{b="x"}': 1 })
    counter.removeByLabels({ a: undefined } as never)
    expect(await shown(registry)).toEqual({ 'r{a="2",b="x"}': 1 })
    counter.removeByLabels({ a: '2', b: 'x' })
    expect(await shown(registry)).toEqual({})
  })

  test('refuses a name that is not declared', () => {
    expect(faultOf(() => requests().counter.removeByLabels({ c: '1' } as never))).toMatch(
      /^LABEL_UNKNOWN: r has no label "c"/,
    )
  })

  test.each([undefined, null, 'a'])('refuses what names no labels: %j would mean all of them', (labels) => {
    expect(faultOf(() => requests().counter.removeByLabels(labels as never))).toMatch(
      /^OPTION_INVALID: r: removeByLabels takes an object of label values, got .+; clear\(\) removes all$/,
    )
  })
})

test('a scope that does not exist removes nothing', async () => {
  const { counter, registry } = requests()
  counter.inc({ a: '1', b: '2' })
  const scope = { scope: 'proces' } as never
  const fault = 'OPTION_INVALID: r: scope is one of application, process; got "proces"'
  expect(faultOf(() => counter.remove({ a: '1', b: '2' }, scope))).toBe(fault)
  expect(faultOf(() => counter.removeByLabels({ a: '1' }, scope))).toBe(fault)
  expect(faultOf(() => counter.clear(scope))).toBe(fault)
  expect(faultOf(() => counter.reset(scope))).toBe(fault)
  expect(await shown(registry)).toEqual({ 'r{a="1",b="2"}': 1 })
})

test('clear() takes every series away, and leaves the metric usable', async () => {
  const { counter, registry } = requests()
  counter.inc({ a: '1', b: '2' })
  counter.clear()
  expect(await shown(registry)).toEqual({})
  counter.inc({ a: '1', b: '2' })
  expect(await shown(registry)).toEqual({ 'r{a="1",b="2"}': 1 })
})
