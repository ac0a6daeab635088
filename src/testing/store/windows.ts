import assert from 'node:assert/strict'
import { carryOver } from '../../store/core/carry-over.js'
import { MemoryBackend } from '../../store/memory/memory-backend.js'
import { type ConformanceCase, Participant } from '../conformance.js'
import { type Countable, summaryOf } from '../counted.js'
import { key, lately } from '../families.js'
import type { ScrapedSeries } from '../reading.js'

/** Summaries over a sliding window: sum and count add up, and the window is one over all processes. */
export const windows: readonly ConformanceCase[] = [
  {
    group: 'a summary with a sliding window',
    name: 'shows the quantiles of the window, sum and count',
    async run(stage) {
      const process = await stage.begin()
      observe(process, 3, 10)
      assertShown(await process.flushAndRead(), { median: 10, sum: 30, count: 3 })
      observe(process, 4, 1)
      assertShown(await process.flushAndRead(), { median: 1, sum: 34, count: 7 })
    },
  },
  {
    group: 'a summary with a sliding window',
    name: 'moves to another store and back',
    async run(stage) {
      const process = await stage.begin()
      const before = new MemoryBackend().openStore()
      observe({ store: before }, 3, 10)
      observe(process, 2, 1)
      carryOver(before, process.store)
      assertShown(await process.flushAndRead(), { median: 10, sum: 32, count: 5 })
      const after = new Participant(new MemoryBackend())
      carryOver(process.store, after.store)
      assertShown(await after.flushAndRead(), { median: 10, sum: 32, count: 5 })
    },
  },
  {
    group: 'a summary with a sliding window',
    name: 'that was removed begins again without a count',
    async run(stage) {
      const process = await stage.begin()
      observe(process, 3, 10)
      process.store.remove(lately, { text: 'a' }, 'application')
      assert.equal((await process.flushAndRead()).value('lately_seconds_count{text="a"}'), undefined)
      observe(process, 1, 1)
      assertShown(await process.flushAndRead(), { median: 1, sum: 1, count: 1 })
    },
  },
  {
    group: 'a summary with a sliding window',
    name: 'is one over all writers',
    needs: 'manyWriters',
    async run(stage) {
      const [one, two] = [await stage.begin(), await stage.begin()]
      observe(one, 2, 10)
      observe(two, 3, 1)
      for (const process of [one, two]) await process.flush()
      for (const process of [one, two]) assertShown(await process.read(), { median: 1, sum: 23, count: 5 })
    },
  },
  {
    group: 'a summary with a sliding window',
    name: 'keeps what writers that closed have observed',
    needs: 'outlivesWriters',
    async run(stage) {
      const one = await stage.begin()
      observe(one, 2, 10)
      await one.flush()
      for (let i = 0; i < 3; i++) {
        const other = await stage.begin()
        observe(other, 1, 1)
        await other.flush()
        await other.backend.close?.()
      }
      assertShown(await one.flushAndRead(), { median: 1, sum: 23, count: 5 })
    },
  },
]

function observe(place: Countable, times: number, value: number): void {
  const series = summaryOf(place, lately, key('a'))
  for (let i = 0; i < times; i++) series.observe(value)
}

function assertShown(scraped: ScrapedSeries, expected: { median: number; sum: number; count: number }): void {
  const median = scraped.value('lately_seconds{quantile="0.5",text="a"}')!
  assert.ok(Math.abs(median - expected.median) <= expected.median * 0.05, `the median is ${median}`)
  assert.equal(scraped.value('lately_seconds_sum{text="a"}'), expected.sum)
  assert.equal(scraped.value('lately_seconds_count{text="a"}'), expected.count)
}
