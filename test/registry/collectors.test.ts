import { describe, expect, test, vi } from 'vitest'
import { type Collector, Counter, type MetricsError, Registry } from '../../src/index.js'
import { shown } from '../helpers/samples.js'

/** A registry with a counter at 1 and a collector of each kind that returns this, and the reported errors. */
function beside(given: unknown): { registry: Registry; told: MetricsError[] } {
  const registry = new Registry()
  const told: MetricsError[] = []
  vi.spyOn(registry.context, 'onError').mockImplementation((error) => void told.push(error))
  new Counter({ name: 'jobs_total', help: 'J.', registers: [registry] }).inc()
  for (const run of ['serving', 'each'] as const) {
    registry.registerCollector({ name: run, run, collect: () => given } as Collector)
  }
  return { registry, told }
}

const family = { name: 'pool', help: 'P.', type: 'gauge', values: [{ value: 1 }] }

describe('a collector', () => {
  test.each([
    ['no array', 5, 'collect() gives an array of families, got 5'],
    ['nothing', undefined, 'collect() gives an array of families, got undefined'],
    ['no family', [5], 'a family is an object with name, help, type and values, got 5'],
    ['no name', [{ ...family, name: undefined }], 'a metric needs a name: got undefined'],
    ['a name that no parser reads', [{ ...family, name: 'my pool' }], '"my pool" is not a metric name'],
    ['no help', [{ ...family, help: undefined }], 'pool needs a help text'],
    ['another type', [{ ...family, type: 'histogram' }], 'pool: its type is "gauge" or "counter", got "histogram"'],
    ['a mode that does not exist', [{ ...family, mode: 'average' }], 'pool: mode "average" is none of all, liveall'],
    ['no values', [{ ...family, values: undefined }], 'pool: values must be an array, got undefined'],
    ['a text for a number', [{ ...family, values: [{ value: '1' }] }], 'pool: "1" is not a number'],
    ['a value that is none', [{ ...family, values: [null] }], 'pool: undefined is not a number'],
    ['labels that are none', [{ ...family, values: [{ value: 1, labels: 'a' }] }], 'pool: labels must be an object'],
    [
      'a label that no parser reads',
      [{ ...family, values: [{ value: 1, labels: { 'a-b': 1 } }] }],
      '"a-b" is not a label',
    ],
    [
      'a counter below 0',
      [{ ...family, type: 'counter', values: [{ value: -1 }] }],
      'pool: the value of a counter is 0 or more',
    ],
  ])('that returns %s loses its own families only, and is reported', async (_, given, why) => {
    const { registry, told } = beside(given)
    expect(await shown(registry)).toEqual({ jobs_total: 1 })
    expect(told.map(({ code }) => code)).toEqual(['COLLECT_FAILED', 'COLLECT_FAILED'])
    for (const { message } of told) expect(message).toContain(why)
    expect(told.map(({ message }) => message.slice(0, 14)).sort()).toEqual(['collector each', 'collector serv'])
  })

  test('that returns a series twice shows it once', async () => {
    const registry = new Registry()
    const values = [
      { value: 1, labels: { a: 'x', b: 1 } },
      { value: 2, labels: { b: 1, a: 'x' } },
      { value: 3, labels: { a: 'x', b: '' } },
      { value: 4, labels: { a: 'x' } },
    ]
    registry.registerCollector({ name: 'twice', collect: () => [{ ...family, type: 'gauge', values }] })
    expect(await shown(registry)).toEqual({ 'pool{b="1",a="x"}': 2, 'pool{a="x"}': 4 })
  })

  test.each(['serving', 'each'] as const)(
    'of run %s has the prefix and the default labels of its registry',
    async (run) => {
      const registry = new Registry({ prefix: 'shop_' })
      registry.setDefaultLabels({ zone: 'a' })
      const values = [{ value: 3 }]
      registry.registerCollector({ name: 'pools', run, collect: () => [{ ...family, type: 'gauge', values }] })
      expect(await shown(registry)).toEqual({ 'shop_pool{zone="a"}': 3 })
    },
  )

  test.each(['serving', 'each'] as const)('of run %s may return nothing at first', async (run) => {
    const registry = new Registry()
    const values: { value: number; labels: { pool: string } }[] = []
    registry.registerCollector({ name: 'pools', run, collect: () => [{ ...family, type: 'gauge', values }] })
    expect(await shown(registry)).toEqual({})
    values.push({ value: 3, labels: { pool: 'main' } })
    expect(await shown(registry)).toEqual({ 'pool{pool="main"}': 3 })
  })
})
