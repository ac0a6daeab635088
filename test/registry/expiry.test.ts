import { describe, expect, test, vi } from 'vitest'
import { Merger } from '../../src/gather/merge.js'
import { Counter, Gauge, Registry } from '../../src/index.js'
import type { FamilyTable } from '../../src/model/family.js'
import { layoutOf } from '../../src/model/layout/layout-of.js'
import { ringOf } from '../../src/model/layout/summary.js'
import { windowedSlots } from '../../src/model/layout/windowed-summary.js'
import type { LabelFilter } from '../../src/model/series-key.js'
import { Expiring } from '../../src/registry/expiring.js'
import type { RegistryMember } from '../../src/registry/registered-metric.js'
import { ProcessContext } from '../../src/runtime/process-context.js'
import type { Store } from '../../src/store/contract.js'
import { MemoryBackend } from '../../src/store/memory/memory-backend.js'
import { summaryFamily } from '../helpers/families.js'
import { shown } from '../helpers/samples.js'
import { counterFamily, gaugeFamily, noPause, restless, TestWriter } from '../helpers/writers.js'

/** Merged tables of some writers, and the series that a metric of them was asked to remove. */
function tableOf(...writers: TestWriter[]) {
  const merger = new Merger()
  const expiring = new Expiring()
  const removed: (readonly LabelFilter[])[] = []
  const metric = { expireAfter: 10, expire: (series) => removed.push(series) > 0 } as RegistryMember
  return {
    metric,
    removed,
    async scrape(now: number, pause = noPause): Promise<readonly FamilyTable[]> {
      const { tables } = await merger.merge(writers, pause)
      await expiring.run(tables, pause, () => metric, now)
      return tables
    },
  }
}

describe('idle series', () => {
  test('are removed when they did not change for long enough, at the next scrape', async () => {
    const writer = new TestWriter(1)
    const family = counterFamily('c', { labelNames: ['a'] })
    writer.open(family, ['x'], [0])
    const y = writer.open(family, ['y'], [5])
    const { scrape, removed } = tableOf(writer)
    await scrape(1000)
    await scrape(1009)
    expect(removed).toEqual([])
    writer.values[y] = 6
    await scrape(1010)
    expect(removed).toEqual([[{ a: 'x' }]])
  })

  test('do not change while their window ages', async () => {
    const writer = new TestWriter(1)
    const window = { maxAgeSeconds: 100, ageBuckets: 2 }
    const family = summaryFamily('s', { labelNames: ['a'], quantiles: [0.5], window })
    const ring = ringOf(family)!
    const slots = new Array<number>(layoutOf(family).width).fill(0)
    const x = writer.open(family, ['x'], slots)
    const words = new Int32Array(writer.values.buffer)
    const interval = ring.intervalAt(Date.now())
    ring.count(writer.values, words, x + windowedSlots.ring + ring.offsetOf(interval), interval, 5)
    const { scrape, removed } = tableOf(writer)
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      await scrape(1000)
      vi.setSystemTime(Date.now() + 200_000)
      await scrape(1009)
      expect(removed).toEqual([])
      await scrape(1010)
    } finally {
      vi.useRealTimers()
    }
    expect(removed).toEqual([[{ a: 'x' }]])
  })

  test('begin at 0 when they are counted again', async () => {
    const writer = new TestWriter(1)
    const family = counterFamily('c', { labelNames: ['a'] })
    const x = writer.open(family, ['x'], [5])
    const { scrape, removed } = tableOf(writer)
    await scrape(1000)
    writer.remove(family, ['x'], x)
    await scrape(1009)
    writer.reopen(family, ['x'], x)
    await scrape(1012)
    await scrape(1021)
    expect(removed).toEqual([])
    await scrape(1022)
    expect(removed).toEqual([[{ a: 'x' }]])
  })

  test('of a family where each process has its own are removed when all of them are idle', async () => {
    const [one, two] = [new TestWriter(1), new TestWriter(2)]
    const family = gaugeFamily('g', 'all', { labelNames: ['a'] })
    const slots = (value: number): number[] => [1, value]
    for (const writer of [one, two]) writer.open(family, ['x'], slots(5))
    two.open(family, ['y'], slots(5))
    const { scrape, removed } = tableOf(one, two)
    await scrape(1000)
    one.values[1] = 6
    await scrape(1010)
    expect(removed).toEqual([[{ a: 'y' }]])
    await scrape(1020)
    expect(removed.at(-1)).toEqual([{ a: 'x' }, { a: 'y' }])
  })

  test('are looked for and removed in slices, in batches', async () => {
    const writer = new TestWriter(1)
    const family = counterFamily('c', { labelNames: ['a'] })
    for (let i = 0; i < 1000; i++) writer.open(family, [`${i}`], [0])
    const { scrape, removed } = tableOf(writer)
    const pause = restless()
    await scrape(1000, pause)
    const { rests } = pause
    await scrape(1010, pause)
    expect(removed.flat().length).toBe(1000)
    expect(removed.length).toBeLessThan(10)
    expect(pause.rests - rests).toBeGreaterThan(removed.length)
  })

  test('that cannot be removed now are not tried again in this scrape, and later ever less often', async () => {
    const writer = new TestWriter(1)
    const family = counterFamily('c', { labelNames: ['a'] })
    for (let i = 0; i < 1000; i++) writer.open(family, [`${i}`], [0])
    const { scrape, removed, metric } = tableOf(writer)
    let free = false
    let tries = 0
    metric.expire = (series) => {
      tries++
      if (free) removed.push(series)
      return free
    }
    await scrape(1000)
    await scrape(1010)
    expect(tries).toBe(1)
    for (let i = 1; i <= 60; i++) await scrape(1010 + i)
    expect(tries).toBe(6)
    free = true
    await scrape(1200)
    expect(removed.flat().length).toBe(1000)
  })

  test('are measured with a clock that is not set back or forward', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      const registry = new Registry({}, new ProcessContext())
      const counter = new Counter({ name: 'c', help: 'C.', labelNames: ['a'], expireAfter: 600, registers: [registry] })
      counter.inc({ a: 'x' })
      await shown(registry)
      vi.setSystemTime(Date.now() + 3_600_000)
      await shown(registry)
      expect(await shown(registry)).toEqual({ 'c{a="x"}': 1 })
    } finally {
      vi.useRealTimers()
    }
  })
})

test('a store that has one step for many removals gets them in one, another one gets each', async () => {
  const home = new ProcessContext()
  const backend = new MemoryBackend()
  const registry = new Registry({}, home)
  home.configure({ backend, selfMetrics: false })
  const gauge = new Gauge({ name: 'g', help: 'G.', labelNames: ['a'], expireAfter: 1, registers: [registry] })
  for (const a of ['x', 'y', 'z']) gauge.set({ a }, 1)
  const store: Store = backend.openStore()
  const remove = vi.spyOn(store, 'remove')
  expect(gauge.expire([{ a: 'x' }])).toBe(true)
  expect(remove).toHaveBeenCalledTimes(1)
  store.removeMany = vi.fn()
  expect(gauge.expire([{ a: 'y' }, { a: 'z' }])).toBe(true)
  expect(remove).toHaveBeenCalledTimes(1)
  expect(store.removeMany).toHaveBeenCalledExactlyOnceWith(gauge.family, [{ a: 'y' }, { a: 'z' }], 'application', true)
})
