import assert from 'node:assert/strict'
import type { ConformanceCase } from '../conformance.js'
import { counterOf, histogramOf } from '../counted.js'
import { jobs, key, seconds, series } from '../families.js'

/** Exemplars stay with the counts that they belong to. */
export const exemplars: readonly ConformanceCase[] = [
  {
    group: 'exemplars',
    name: 'are kept with the bucket that they belong to, the last one of each',
    needs: 'exemplars',
    async run(stage) {
      const process = await stage.begin()
      counterOf(process, jobs, key('a')).inc(1)
      histogramOf(process, seconds, key('a')).observe(5)
      const [ofJobs, early, late] = ['t1', 't2', 't3'].map((trace, i) => ({
        labels: { trace },
        value: i + 1,
        timestamp: 1_700_000_000 + i,
      }))
      const { store } = process
      store.setExemplar(jobs, series('a'), 0, ofJobs!)
      store.setExemplar(seconds, series('a'), 1, early!)
      store.setExemplar(seconds, series('a'), 1, late!)
      const scraped = await process.flushAndRead()
      assert.deepEqual(scraped.exemplars('jobs_total', key('a')), { 0: ofJobs })
      assert.deepEqual(scraped.exemplars('duration_seconds', key('a')), { 1: late })
    },
  },
  {
    group: 'exemplars',
    name: 'go with their series',
    needs: 'exemplars',
    async run(stage) {
      const process = await stage.begin()
      counterOf(process, jobs, key('a')).inc(1)
      process.store.setExemplar(jobs, series('a'), 0, { labels: { trace: 't' }, value: 1 })
      process.store.remove(jobs, { text: 'a' }, 'application')
      counterOf(process, jobs, key('b')).inc(1)
      const scraped = await process.flushAndRead()
      assert.deepEqual(scraped.exemplars('jobs_total', key('b')), {})
    },
  },
]
