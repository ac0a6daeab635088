import { describe, expect, test } from 'vitest'
import { Histogram, Registry } from '../../src/index.js'
import { faultOf } from '../helpers/fault.js'
import { freshDirectory, TestProcess } from '../helpers/homes.js'
import { shown } from '../helpers/samples.js'

function seconds(buckets: readonly number[] | undefined = [1, 2]) {
  const registry = new Registry()
  return { histogram: new Histogram({ name: 's', help: 'S.', buckets, registers: [registry] }), registry }
}

function sizes() {
  const registry = new Registry()
  const labelNames = ['route'] as const
  const histogram = new Histogram({ name: 'size', help: 'S.', labelNames, buckets: [1], registers: [registry] })
  return { histogram, registry }
}

describe('a histogram', () => {
  test('shows every bucket at 0 from the start', async () => {
    expect(await shown(seconds().registry)).toEqual({
      's_bucket{le="1"}': 0,
      's_bucket{le="2"}': 0,
      's_bucket{le="+Inf"}': 0,
      s_sum: 0,
      s_count: 0,
    })
  })

  test.each([
    ['below all bounds', -5, [1, 1, 1]],
    ['at a bound, which belongs to it', 1, [1, 1, 1]],
    ['above a bound', 1.0000001, [0, 1, 1]],
    ['at the last bound', 2, [0, 1, 1]],
    ['above all bounds', 2.5, [0, 0, 1]],
  ])('counts an observation %s', async (_, value, [one, two, all]) => {
    const { histogram, registry } = seconds()
    histogram.observe(value)
    expect(await shown(registry)).toEqual({
      's_bucket{le="1"}': one,
      's_bucket{le="2"}': two,
      's_bucket{le="+Inf"}': all,
      s_sum: value,
      s_count: 1,
    })
  })

  test('finds the bucket of every bound, however many there are', async () => {
    const bounds = Array.from({ length: 33 }, (_, i) => i)
    const { histogram, registry } = seconds(bounds)
    for (const bound of bounds) histogram.observe(bound)
    const lines = await shown(registry)
    expect(bounds.map((bound) => lines[`s_bucket{le="${bound}"}`])).toEqual(bounds.map((_, i) => i + 1))
  })

  test('has the default buckets if none are passed', async () => {
    const registry = new Registry()
    new Histogram({ name: 's', help: 'S.', registers: [registry] })
    expect(Object.keys(await shown(registry)).filter((line) => line.includes('le='))).toEqual(
      ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf'].map(
        (le) => `s_bucket{le="${le}"}`,
      ),
    )
  })

  test('has one bucket +Inf if Infinity is the last bound, or without any bound', async () => {
    for (const buckets of [[Number.POSITIVE_INFINITY], []]) {
      const { histogram, registry } = seconds(buckets)
      histogram.observe(7)
      expect(await shown(registry)).toEqual({ 's_bucket{le="+Inf"}': 1, s_sum: 7, s_count: 1 })
    }
  })

  test('counts infinite observations at the ends', async () => {
    const high = seconds()
    high.histogram.observe(Number.POSITIVE_INFINITY)
    expect(await shown(high.registry)).toMatchObject({ 's_bucket{le="2"}': 0, s_count: 1, s_sum: Infinity })
    const low = seconds()
    low.histogram.observe(Number.NEGATIVE_INFINITY)
    expect(await shown(low.registry)).toMatchObject({ 's_bucket{le="1"}': 1, s_count: 1, s_sum: -Infinity })
  })

  test('observes by label values passed by name, in order, or through a held child', async () => {
    const { histogram, registry } = sizes()
    const child = histogram.labels('/')
    histogram.observe({ route: '/' }, 1)
    histogram.labels({ route: '/' }).observe(2)
    child.observe(3)
    child.observe(4)
    expect(await shown(registry)).toEqual({
      'size_bucket{route="/",le="1"}': 1,
      'size_bucket{route="/",le="+Inf"}': 4,
      'size_sum{route="/"}': 10,
      'size_count{route="/"}': 4,
    })
  })

  test('zero() shows a series before anything is observed, and empties one that has observations', async () => {
    const { histogram, registry } = sizes()
    const empty = {
      'size_bucket{route="/",le="1"}': 0,
      'size_bucket{route="/",le="+Inf"}': 0,
      'size_sum{route="/"}': 0,
      'size_count{route="/"}': 0,
    }
    histogram.zero({ route: '/' })
    expect(await shown(registry)).toEqual(empty)
    histogram.observe({ route: '/' }, 5)
    histogram.zero({ route: '/' })
    expect(await shown(registry)).toEqual(empty)
  })

  test('zero() empties one without labels', async () => {
    const { histogram, registry } = seconds()
    histogram.observe(1.5)
    histogram.zero()
    expect(new Set(Object.values(await shown(registry)))).toEqual(new Set([0]))
    histogram.observe(1.5)
    expect(await shown(registry)).toMatchObject({ 's_bucket{le="1"}': 0, 's_bucket{le="2"}': 1, s_sum: 1.5 })
  })

  test('zero() at the start of a process leaves what the one before it observed', async () => {
    const directory = freshDirectory()
    const lives = [1, 2].map(() => {
      const home = new TestProcess(directory)
      const registry = new Registry({ name: 'r' }, home)
      const histogram = new Histogram({ name: 'h', help: 'H.', labelNames: ['a'], buckets: [1], registers: [registry] })
      return { home, registry, histogram }
    })
    const stays = new TestProcess(directory)
    stays.store()
    lives[0]!.histogram.observe({ a: 'x' }, 1)
    lives[0]!.home.end()
    lives[1]!.histogram.zero({ a: 'x' })
    expect(await shown(lives[1]!.registry)).toMatchObject({ 'h_count{a="x"}': 1 })
  })

  test('zero() leaves the other series alone', async () => {
    const { histogram, registry } = sizes()
    for (const route of ['a', 'b', 'c']) histogram.observe({ route }, 1)
    histogram.zero({ route: 'b' })
    const lines = await shown(registry)
    expect(['a', 'b', 'c'].map((route) => lines[`size_count{route="${route}"}`])).toEqual([1, 0, 1])
  })
})

describe('a histogram refuses', () => {
  test.each<[string, unknown, string]>([
    ['NaN', Number.NaN, 'NaN'],
    ['a number in a text', '1', '"1"'],
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a boolean', true, 'true'],
    ['a bigint', 1n, '1'],
  ])('%s, and names the metric and the fault', async (_, value, text) => {
    const { histogram, registry } = seconds()
    const expected = `VALUE_INVALID: s: ${text} is not a number to observe`
    expect(faultOf(() => histogram.observe(value as never))).toContain(expected)
    histogram.observe(1)
    expect(faultOf(() => histogram.observe(value as never))).toContain(expected)
    expect(await shown(registry)).toMatchObject({ s_count: 1, s_sum: 1 })
  })

  test('a wrong value without beginning a series', async () => {
    const { histogram, registry } = sizes()
    expect(faultOf(() => histogram.observe({ route: '/' }, Number.NaN))).toMatch(/^VALUE_INVALID: size: NaN/)
    expect(faultOf(() => histogram.labels('/').observe('1' as never))).toMatch(/^VALUE_INVALID: size: "1"/)
    expect(await shown(registry)).toEqual({})
  })

  test('the label name "le": it is its own', () => {
    expect(faultOf(() => new Histogram({ name: 's', help: 'S.', labelNames: ['le'], registers: [] }))).toMatch(
      /^LABEL_RESERVED: s: label "le" is reserved: .+ rename yours$/,
    )
  })

  test.each([[[2, 1]], [[1, 1]], [[1, Number.NaN]], [['1']], ['1,2']])('the buckets %j', (buckets) => {
    expect(faultOf(() => new Histogram({ name: 's', help: 'S.', buckets: buckets as never, registers: [] }))).toMatch(
      /^BUCKETS_INVALID: s: /,
    )
  })
})
