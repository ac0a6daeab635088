import { afterEach, expect, test, vi } from 'vitest'
import { Counter, Histogram, Registry } from '../../src/index.js'
import { ProcessContext } from '../../src/runtime/process-context.js'
import { pause } from '../helpers/processes/until.js'

afterEach(() => void vi.useRealTimers())

test.each([
  ['set back', -3_600_000],
  ['set forward, and back again', 3_600_000],
])('exemplars are taken on when the clock was %s', async (_, change) => {
  const start = 1_700_000_000_000
  vi.useFakeTimers({ toFake: ['Date'], now: start })
  const registry = new Registry({}, new ProcessContext())
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  const common = { help: 'X.', labelNames: ['a'] as const, registers: [registry] }
  const counter = new Counter({ ...common, name: 'c_total' })
  const histogram = new Histogram({ ...common, name: 'h', buckets: [1] })
  const held = counter.labels('held')
  const count = async (trace: string): Promise<string[]> => {
    // More than a tenth of a second, whatever the clock shows.
    await pause(120)
    held.inc(1, { trace })
    counter.inc({ a: 'moving' }, 1, { trace })
    histogram.observe({ a: 'moving' }, 0.5, { trace })
    return (await registry.metrics()).match(/# \{trace="[^"]*"\}/g) ?? []
  }
  expect(await count('before')).toEqual(Array(3).fill('# {trace="before"}'))
  vi.setSystemTime(start + change)
  expect(await count('changed')).toEqual(Array(3).fill('# {trace="changed"}'))
  vi.setSystemTime(start)
  expect(await count('after')).toEqual(Array(3).fill('# {trace="after"}'))
})

test('of two exemplars within a tenth of a second the first one is kept, also right after the start', async () => {
  const registry = new Registry({}, new ProcessContext())
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  const counter = new Counter({ name: 'c_total', help: 'X.', registers: [registry] })
  vi.useFakeTimers({ toFake: ['performance'], now: 0 })
  counter.inc(1, { trace: 'one' })
  counter.inc(1, { trace: 'two' })
  vi.useRealTimers()
  expect(await registry.metrics()).toContain('# {trace="one"} 1')
})
