import { describe, expect, test } from 'vitest'
import { Registry, Summary } from '../../src/index.js'
import { faultOf } from '../helpers/fault.js'
import { freshDirectory, TestProcess } from '../helpers/homes.js'
import { shown } from '../helpers/samples.js'

function seconds(options: object = {}) {
  const registry = new Registry()
  return { summary: new Summary({ name: 's', help: 'S.', registers: [registry], ...options }), registry }
}

function sizes(options: object = {}) {
  const registry = new Registry()
  const labelNames = ['route'] as const
  return { summary: new Summary({ name: 'size', help: 'S.', labelNames, registers: [registry], ...options }), registry }
}

describe('a summary', () => {
  test('shows sum and count from the start, and quantiles only if they are requested', async () => {
    expect(await shown(seconds().registry)).toEqual({ s_sum: 0, s_count: 0 })
  })

  test('counts what it observes', async () => {
    const { summary, registry } = seconds()
    for (const value of [1, 2.5, -1, 0]) summary.observe(value)
    expect(await shown(registry)).toEqual({ s_sum: 2.5, s_count: 4 })
  })

  test('observes by label values passed by name, in order, or through a held child', async () => {
    const { summary, registry } = sizes()
    const child = summary.labels('/')
    summary.observe({ route: '/' }, 1)
    summary.labels({ route: '/' }).observe(2)
    child.observe(3)
    child.observe(4)
    expect(await shown(registry)).toEqual({ 'size_sum{route="/"}': 10, 'size_count{route="/"}': 4 })
  })

  test('shows its quantiles in ascending order, NaN until something is observed', async () => {
    const { summary, registry } = seconds({ quantiles: [0.99, 0.5] })
    const empty = { 's{quantile="0.5"}': Number.NaN, 's{quantile="0.99"}': Number.NaN, s_sum: 0, s_count: 0 }
    expect(await shown(registry)).toEqual(empty)
    summary.observe(2)
    const lines = await shown(registry)
    expect(Object.keys(lines)).toEqual(Object.keys(empty))
    expect(lines['s{quantile="0.5"}']).toBeCloseTo(2, 1)
  })

  test("takes prom-client's word for quantiles, and its word for tuning", async () => {
    const { summary, registry } = seconds({ percentiles: [0.5], compressCount: 500, pruneAgedBuckets: true })
    summary.observe(2)
    expect(Object.keys(await shown(registry))).toEqual(['s{quantile="0.5"}', 's_sum', 's_count'])
  })

  test('shows quantiles within the error that was asked for', async () => {
    const { summary, registry } = seconds({ quantiles: [0, 0.5, 1], relativeError: 0.001 })
    for (let i = 1; i <= 1001; i++) summary.observe(i)
    const lines = await shown(registry)
    expect(Math.abs(lines['s{quantile="0"}']! - 1)).toBeLessThanOrEqual(0.001)
    expect(Math.abs(lines['s{quantile="0.5"}']! - 501)).toBeLessThanOrEqual(0.501)
    expect(Math.abs(lines['s{quantile="1"}']! - 1001)).toBeLessThanOrEqual(1.001)
  })

  test('counts values beyond the range of its quantiles: as 0 below, at the end above', async () => {
    const { summary, registry } = seconds({ quantiles: [0.1, 0.9] })
    for (const value of [-5, 0, 1e-9, 1e12, Number.POSITIVE_INFINITY]) summary.observe(value)
    const lines = await shown(registry)
    expect(lines).toMatchObject({ 's{quantile="0.1"}': 0, s_count: 5, s_sum: Infinity })
    expect(lines['s{quantile="0.9"}']! / 1e9).toBeCloseTo(1, 1)
  })

  test('times what happens between start and end, its labels read at the end', async () => {
    const { summary, registry } = sizes()
    const labels = { route: '/' }
    const end = summary.startTimer(labels)
    labels.route = '/done'
    const took = end()
    const childTook = summary.labels('/done').startTimer()()
    expect(took).toBeGreaterThan(0)
    const lines = await shown(registry)
    expect(lines['size_count{route="/done"}']).toBe(2)
    expect(lines['size_sum{route="/done"}']).toBeCloseTo(took + childTook, 9)
  })

  test('is 0 again after a reset, and without a series after its removal', async () => {
    const one = seconds({ quantiles: [0.5] })
    one.summary.observe(1)
    one.summary.reset()
    expect(await shown(one.registry)).toEqual({ 's{quantile="0.5"}': Number.NaN, s_sum: 0, s_count: 0 })
    const many = sizes()
    many.summary.observe({ route: 'a' }, 1)
    many.summary.observe({ route: 'b' }, 1)
    many.summary.remove({ route: 'a' })
    expect(await shown(many.registry)).toEqual({ 'size_sum{route="b"}': 1, 'size_count{route="b"}': 1 })
    many.summary.reset()
    expect(await shown(many.registry)).toEqual({})
  })

  test("is returned in prom-client's shape", async () => {
    const { summary } = sizes({ quantiles: [0.5] })
    summary.observe({ route: '/' }, 0)
    expect(await summary.get()).toEqual({
      name: 'size',
      help: 'S.',
      type: 'summary',
      aggregator: 'sum',
      values: [
        { labels: { quantile: 0.5, route: '/' }, value: 0 },
        { labels: { route: '/' }, value: 0, metricName: 'size_sum' },
        { labels: { route: '/' }, value: 1, metricName: 'size_count' },
      ],
    })
  })

  test('without quantiles is the same metric at any error', async () => {
    const { summary, registry } = seconds({ relativeError: 0.05 })
    new Summary({ name: 's', help: 'S.', registers: [registry] }).observe(1)
    summary.observe(1)
    expect(await shown(registry)).toEqual({ s_sum: 2, s_count: 2 })
  })
})

describe('a summary of several processes', () => {
  function observing(directory: string) {
    const process = new TestProcess(directory)
    const registers = [process.registry]
    return { process, summary: new Summary({ name: 's', help: 'S.', quantiles: [0.5, 0.9], registers }) }
  }

  test('shows sum, count and quantiles of all processes, dead ones included, and continues from their values', async () => {
    const directory = freshDirectory()
    const [one, two] = [observing(directory), observing(directory)]
    for (let i = 1; i <= 50; i++) {
      one.summary.observe(i)
      two.summary.observe(i + 50)
    }
    const together = { s_sum: 5050, s_count: 100 }
    const before = await shown(one.process.registry)
    expect(before).toMatchObject(together)
    expect(Math.abs(before['s{quantile="0.5"}']! - 50)).toBeLessThanOrEqual(0.5)
    expect(Math.abs(before['s{quantile="0.9"}']! - 90)).toBeLessThanOrEqual(0.9)
    two.process.end()
    expect(await shown(one.process.registry)).toEqual(before)
    observing(directory).summary.observe(1000)
    expect(await shown(one.process.registry)).toMatchObject({ s_sum: 6050, s_count: 101 })
  })
})

describe('a summary refuses', () => {
  test.each<[string, unknown, string]>([
    ['NaN', Number.NaN, 'NaN'],
    ['a number in a text', '1', '"1"'],
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a bigint', 1n, '1'],
  ])('%s, and names the metric and the fault', async (_, value, text) => {
    const { summary, registry } = seconds({ quantiles: [0.5] })
    const expected = `VALUE_INVALID: s: ${text} is not a number to observe`
    expect(faultOf(() => summary.observe(value as never))).toContain(expected)
    summary.observe(1)
    expect(faultOf(() => summary.observe(value as never))).toContain(expected)
    expect(await shown(registry)).toMatchObject({ s_count: 1, s_sum: 1 })
  })

  test('a wrong value without beginning a series', async () => {
    const { summary, registry } = sizes()
    expect(faultOf(() => summary.observe({ route: '/' }, Number.NaN))).toMatch(/^VALUE_INVALID: size: NaN/)
    expect(await shown(registry)).toEqual({})
  })

  test('the label name "quantile": it is its own', () => {
    expect(faultOf(() => seconds({ labelNames: ['quantile'] }))).toMatch(/^LABEL_RESERVED: s: label "quantile"/)
  })

  test('quantiles that are none, and errors that are none', () => {
    expect(faultOf(() => seconds({ quantiles: [99] }))).toMatch(/^QUANTILES_INVALID: s: quantile 99/)
    expect(faultOf(() => seconds({ percentiles: [2] }))).toMatch(/^QUANTILES_INVALID: s: quantile 2/)
    expect(faultOf(() => seconds({ relativeError: 1 }))).toMatch(/^OPTION_INVALID: s: relativeError/)
  })

  test('windows that are none', () => {
    expect(faultOf(() => seconds({ maxAgeSeconds: -1 }))).toMatch(/^OPTION_INVALID: s: maxAgeSeconds must be/)
    expect(faultOf(() => seconds({ ageBuckets: 0 }))).toMatch(/^OPTION_INVALID: s: ageBuckets must be/)
    expect(faultOf(() => seconds({ pruneAgedBuckets: 'no' }))).toBe(
      'OPTION_INVALID: s: pruneAgedBuckets must be true or false, got "no"',
    )
    const large = { quantiles: [0.5], maxAgeSeconds: 60, ageBuckets: 900, relativeError: 0.001 }
    expect(faultOf(() => seconds(large))).toMatch(
      /^OPTION_INVALID: s: 900 ageBuckets with a relativeError of 0.001 take /,
    )
  })
})
