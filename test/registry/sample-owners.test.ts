import { describe, expect, test } from 'vitest'
import { Counter, Gauge, Histogram, Info, Registry, StateSet, Summary } from '../../src/index.js'
import { faultOf } from '../helpers/fault.js'

type Make = (registry: Registry) => unknown

const gauge =
  (name: string): Make =>
  (registry) =>
    new Gauge({ name, help: 'G.', registers: [registry] })
const counter =
  (name: string): Make =>
  (registry) =>
    new Counter({ name, help: 'C.', registers: [registry] })
const histogram =
  (name: string): Make =>
  (registry) =>
    new Histogram({ name, help: 'H.', registers: [registry] })
const summary =
  (name: string): Make =>
  (registry) =>
    new Summary({ name, help: 'S.', registers: [registry] })
const info =
  (name: string): Make =>
  (registry) =>
    new Info({ name, help: 'I.', registers: [registry] })

describe('two metrics of one registry whose samples would have the same name are refused:', () => {
  test.each<[string, Make, Make, string]>([
    ['a counter and its total', counter('jobs'), counter('jobs_total'), 'jobs_total'],
    ['a counter and a gauge with the name of its total', counter('jobs'), gauge('jobs_total'), 'jobs_total'],
    ['a histogram and a gauge with the name of its count', histogram('wait'), gauge('wait_count'), 'wait_count'],
    ['a histogram and a counter with the name of its sum', histogram('wait'), counter('wait_sum'), 'wait_sum'],
    ['a histogram and a gauge with the name of its buckets', histogram('wait'), gauge('wait_bucket'), 'wait_bucket'],
    ['a summary and a gauge with the name of its sum', summary('size'), gauge('size_sum'), 'size_sum'],
    ['an info and a gauge in its place', info('build'), gauge('build_info'), 'build_info'],
  ])('%s', (_, one, two, sample) => {
    for (const [first, second] of [
      [one, two],
      [two, one],
    ] as const) {
      const registry = new Registry()
      first(registry)
      expect(faultOf(() => second(registry))).toMatch(
        new RegExp(
          `^NAME_TAKEN: the \\w+ \\w+, registered already, and the \\w+ \\w+ would both show samples named ${sample};`,
        ),
      )
      expect(registry.getMetricsAsArray()).toHaveLength(1)
    }
  })

  test('the error names both', () => {
    const registry = new Registry()
    histogram('wait')(registry)
    expect(faultOf(() => gauge('wait_count')(registry))).toBe(
      'NAME_TAKEN: the histogram wait, registered already, and the gauge wait_count would both show samples named wait_count; rename one of them',
    )
  })
})

describe('may be registered together', () => {
  test.each<[string, Make, Make]>([
    ['a gauge of present jobs and a counter of arrived ones', gauge('connections'), counter('connections_total')],
    ['a counter and another of created ones', counter('users_total'), counter('users_created_total')],
    ['a histogram and a counter of the same', histogram('wait'), counter('wait_total')],
    ['a gauge and another with an ending', gauge('wait'), gauge('wait_count')],
  ])('%s', (_, one, two) => {
    const registry = new Registry()
    one(registry)
    expect(faultOf(() => two(registry))).toBe('no error')
  })

  test('the same metric made twice', () => {
    const registry = new Registry()
    const states = ['a', 'b']
    for (const make of [histogram('wait'), summary('size'), counter('jobs'), info('build')]) {
      make(registry)
      expect(faultOf(() => make(registry))).toBe('no error')
    }
    for (let i = 0; i < 2; i++) new StateSet({ name: 'phase', help: 'P.', states, registers: [registry] })
    expect(registry.getMetricsAsArray()).toHaveLength(5)
  })

  test('metrics of two registries', () => {
    histogram('wait')(new Registry())
    expect(faultOf(() => gauge('wait_count')(new Registry()))).toBe('no error')
  })

  test('a metric and one whose place it takes, after that one was removed', () => {
    const registry = new Registry()
    histogram('wait')(registry)
    registry.removeSingleMetric('wait')
    expect(faultOf(() => gauge('wait_count')(registry))).toBe('no error')
    registry.clear()
    expect(faultOf(() => histogram('wait')(registry))).toBe('no error')
  })
})
