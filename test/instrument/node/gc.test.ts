import { type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, test } from 'vitest'
import { collectDefaultMetrics, MetricsError, Registry } from '../../../src/index.js'
import { GcObserver } from '../../../src/instrument/node/gc.js'
import { until } from '../../helpers/processes/until.js'
import { shown } from '../../helpers/samples.js'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')
const count = 'nodejs_gc_duration_seconds_count{kind="major"}'

const undoing: (() => void)[] = []
afterEach(() => {
  for (const undo of undoing.splice(0)) undo()
})

/** The test's own look at the collections of this process. */
function witness(): PerformanceEntry[] {
  const seen: PerformanceEntry[] = []
  const observer = new PerformanceObserver((list) => seen.push(...list.getEntries()))
  observer.observe({ entryTypes: ['gc'] })
  undoing.push(() => observer.disconnect())
  return seen
}

function major(entries: readonly PerformanceEntry[]): number {
  return entries.filter((entry) => (entry as PerformanceEntry & { detail: { kind: number } }).detail.kind === 4).length
}

describe('the observer of garbage collections', () => {
  test('sees every one of those that come together', async () => {
    const seen: [string, number][] = []
    const observer = new GcObserver((kind, seconds) => seen.push([kind, seconds]))
    observer.use(seen)
    undoing.push(() => observer.release(seen))
    const own = witness()
    for (let i = 0; i < 5; i++) collectGarbage()
    await until(
      () => Math.min(own.length, seen.length),
      (least) => least >= 5,
    )
    expect(seen.map(([, seconds]) => seconds)).toEqual(own.map(({ duration }) => duration / 1000))
    expect(seen.filter(([kind]) => kind === 'major')).toHaveLength(major(own))
  })
})

describe('the histogram of garbage collections', () => {
  test('shows every kind from the start', async () => {
    const registry = new Registry()
    undoing.push(() => registry.clear())
    collectDefaultMetrics({ register: registry })
    const kinds = Object.keys(await shown(registry)).flatMap(
      (sample) => /^nodejs_gc_duration_seconds_count\{kind="(\w+)"\}$/.exec(sample)?.[1] ?? [],
    )
    expect(kinds.sort()).toEqual(['incremental', 'major', 'minor', 'weakcb'])
  })

  test('counts each collection once, however often it was asked for, and after clear() nothing any more', async () => {
    const registry = new Registry()
    undoing.push(() => registry.clear())
    collectDefaultMetrics({ register: registry })
    registry.clear()
    collectDefaultMetrics({ register: registry })
    collectDefaultMetrics({ register: registry })
    const own = witness()
    collectGarbage()
    collectGarbage()
    // The two observers are notified one after the other.
    await until(
      async () => [(await shown(registry))[count]!, major(own)] as const,
      ([counted, seen]) => counted === seen && seen >= 2,
    )
  })

  test('takes other bounds', async () => {
    const registry = new Registry()
    undoing.push(() => registry.clear())
    collectDefaultMetrics({ register: registry, gcDurationBuckets: [0.5] })
    const bounds = Object.keys(await shown(registry)).flatMap((sample) => /major",le="(.*)"/.exec(sample)?.[1] ?? [])
    expect(bounds).toEqual(['0.5', '+Inf'])
    const again = () => collectDefaultMetrics({ register: registry, gcDurationBuckets: [0.7] })
    expect(again).toThrow(MetricsError)
    expect(again).toThrow(/nodejs_gc_duration_seconds .*buckets \[0\.5\] and \[0\.7\]/)
  })
})
