import { beforeEach, describe, expect, test, vi } from 'vitest'
import { Counter } from '../../src/metric/counter.js'
import { Histogram } from '../../src/metric/histogram.js'
import { Registry } from '../../src/registry/registry.js'
import { ProcessContext } from '../../src/runtime/process-context.js'

const clock = vi.hoisted(() => ({ now: 0 }))
vi.mock('../../src/platform/timers.js', async (original) => ({
  ...(await original<object>()),
  monotonicNow: () => clock.now,
}))

let registry: Registry
beforeEach(() => {
  clock.now = 5_000
  registry = new Registry({}, new ProcessContext())
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
})

/** The trace ids that a scrape shows, sorted. */
async function traces(): Promise<string[]> {
  const found = (await registry.metrics()).matchAll(/# \{trace="([^"]*)"\}/g)
  return [...found].map(([, id]) => id!).sort()
}

const common = { help: 'X.', labelNames: ['a'] as const }

describe.each<[string, () => (trace: string) => void]>([
  [
    'a held child',
    () => {
      const held = new Counter({ ...common, name: 'c_total', registers: [registry] }).labels('x')
      return (trace) => held.inc(1, { trace })
    },
  ],
  [
    'labels at each call',
    () => {
      const counter = new Counter({ ...common, name: 'c_total', registers: [registry] })
      return (trace) => counter.inc({ a: 'x' }, 1, { trace })
    },
  ],
])('with %s', (_, make) => {
  test('an exemplar stays for a tenth of a second, and the first one after it replaces it', async () => {
    const count = make()
    count('first')
    clock.now += 99
    count('within')
    expect(await traces()).toEqual(['first'])
    clock.now += 1
    count('after')
    expect(await traces()).toEqual(['after'])
  })

  test('an exemplar that was not kept does not make the next one wait', async () => {
    const count = make()
    count('first')
    clock.now += 60
    count('within')
    clock.now += 60
    count('after')
    expect(await traces()).toEqual(['after'])
  })
})

test('each bucket and each series has an interval of its own', async () => {
  const histogram = new Histogram({ ...common, name: 'h', buckets: [1, 2], registers: [registry] })
  histogram.observe({ a: 'x' }, 0.5, { trace: 'low' })
  histogram.observe({ a: 'x' }, 1.5, { trace: 'high' })
  histogram.observe({ a: 'y' }, 0.5, { trace: 'other' })
  histogram.observe({ a: 'x' }, 0.6, { trace: 'late' })
  expect(await traces()).toEqual(['high', 'low', 'other'])
})
