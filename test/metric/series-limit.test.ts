import { describe, expect, test } from 'vitest'
import { Counter, Gauge, Histogram, Registry, StateSet, Summary } from '../../src/index.js'
import { faultOf } from '../helpers/fault.js'
import { TestProcess } from '../helpers/homes.js'
import { shown } from '../helpers/samples.js'

const common = { help: 'X.', labelNames: ['user'] as const, maxSeries: 2 }

/** Ten different label values. */
const users = Array.from({ length: 10 }, (_, i) => ({ user: `u${i}` }))

describe('beyond maxSeries', () => {
  test('one series takes the rest of every type, so that totals stay right', async () => {
    const registry = new Registry()
    const options = { ...common, registers: [registry] }
    const counter = new Counter({ ...options, name: 'c_total' })
    const gauge = new Gauge({ ...options, name: 'g' })
    const histogram = new Histogram({ ...options, name: 'h', buckets: [1] })
    const summary = new Summary({ ...options, name: 's' })
    const stateset = new StateSet({ ...options, name: 'e', states: ['up', 'down'] })
    for (const labels of users) {
      counter.inc(labels)
      counter.labels(labels).inc()
      gauge.inc(labels)
      histogram.observe(labels, 1)
      summary.observe(labels, 2)
      stateset.state(labels, 'up')
    }
    const all = await shown(registry)
    expect(all).toMatchObject({
      'c_total{user="u0"}': 2,
      'c_total{user="u1"}': 2,
      'c_total{user="_overflow"}': 16,
      'g{user="_overflow"}': 8,
      'h_count{user="_overflow"}': 8,
      's_sum{user="_overflow"}': 16,
      'e{user="_overflow",e="up"}': 1,
    })
    expect(Object.keys(all).filter((series) => series.startsWith('c_total')).length).toBe(3)
  })

  test('with drop nothing more is counted, and nothing is thrown', async () => {
    const registry = new Registry()
    const counter = new Counter({ ...common, name: 'c_total', onLimit: 'drop', registers: [registry] })
    for (const labels of users) counter.inc(labels)
    const held = counter.labels('u7')
    held.inc(5)
    counter.inc({ user: 'u1' })
    expect(await shown(registry)).toEqual({ 'c_total{user="u0"}': 1, 'c_total{user="u1"}': 2 })
  })

  test('with throw the count is refused, and existing series continue', async () => {
    const registry = new Registry()
    const counter = new Counter({ ...common, name: 'c_total', onLimit: 'throw', registers: [registry] })
    counter.inc({ user: 'u0' })
    counter.inc({ user: 'u1' })
    const refused =
      'SERIES_LIMIT: c_total has its 2 series; (u2) would be one more: raise maxSeries, or use label values that repeat'
    expect(faultOf(() => counter.inc({ user: 'u2' }))).toBe(refused)
    expect(faultOf(() => counter.labels('u2'))).toBe(refused)
    counter.inc({ user: 'u1' })
    expect(await shown(registry)).toEqual({ 'c_total{user="u0"}': 1, 'c_total{user="u1"}': 2 })
  })

  test('there is room again for each series that is removed', async () => {
    const registry = new Registry()
    const counter = new Counter({ ...common, name: 'c_total', registers: [registry] })
    for (const labels of users.slice(0, 3)) counter.inc(labels)
    counter.remove('u0')
    counter.inc({ user: 'u8' })
    counter.inc({ user: 'u9' })
    expect(await shown(registry)).toEqual({
      'c_total{user="u1"}': 1,
      'c_total{user="u8"}': 1,
      'c_total{user="_overflow"}': 2,
    })
  })
})

describe('a limit', () => {
  test.each([0, -1, Number.NaN, 'many', null])('is a number above 0, not %j', (maxSeries) => {
    const text = /^OPTION_INVALID: configure: maxSeries must be a number above 0, got /
    expect(faultOf(() => new TestProcess().configure({ maxSeries: maxSeries as never }))).toMatch(text)
    const made = () => new Counter({ ...common, name: 'c', registers: [], maxSeries: maxSeries as never })
    expect(faultOf(made)).toMatch(/^OPTION_INVALID: c: maxSeries must be a number above 0, got /)
  })

  test('is kept in one of the three ways', () => {
    const made = () => new Counter({ ...common, name: 'c', registers: [], onLimit: 'ignore' as never })
    expect(faultOf(made)).toBe('OPTION_INVALID: c: onLimit is one of overflow, drop, throw; got "ignore"')
  })
})
