import assert from 'node:assert/strict'
import type { FamilyDescriptor } from '../../model/descriptor.js'
import { setTimeout } from '../../platform/timers.js'
import type { ConformanceCase } from '../conformance.js'
import { counterOf, gaugeOf, histogramOf } from '../counted.js'
import { counterFamily, jobs, key, seconds } from '../families.js'

/** Each writer has a series of its own. */
const ofWriters: FamilyDescriptor<'counter'> = { ...counterFamily('cpu_seconds_total'), perWriter: true }

/** Several processes are one application, whichever of them answers. */
export const writers: readonly ConformanceCase[] = [
  {
    group: 'several writers',
    name: 'are shown as one application by each of them',
    needs: 'manyWriters',
    async run(stage) {
      const [one, two, three] = [await stage.begin(), await stage.begin(), await stage.begin()]
      for (const [i, process] of [one, two].entries()) {
        counterOf(process, jobs, key('a')).inc(i + 1)
        counterOf(process, jobs, key(`own ${i}`)).inc(10)
        histogramOf(process, seconds, key('a')).observe(i + 1)
        gaugeOf(process, 'level', 'livesum', key('a')).set(i + 1)
        gaugeOf(process, 'each', 'all', key('a')).set(i + 1)
        gaugeOf(process, 'highest', 'max', key('a')).set(i + 1)
        gaugeOf(process, 'mean', 'liveaverage', key('a')).set(i + 1)
        await process.flush()
      }
      gaugeOf(one, 'latest', 'mostrecent', key('a')).set(7)
      await new Promise((resolve) => setTimeout(resolve, 5))
      gaugeOf(two, 'latest', 'mostrecent', key('a')).set(8)
      for (const process of [one, two]) await process.flush()
      for (const process of [one, two, three]) {
        const scraped = await process.read()
        assert.deepEqual(scraped.labelled('jobs_total'), { 'text="a"': 3, 'text="own 0"': 10, 'text="own 1"': 10 })
        assert.equal(scraped.value('duration_seconds_count{text="a"}'), 2)
        assert.equal(scraped.value('level{text="a"}'), 3)
        assert.deepEqual(Object.values(scraped.labelled('each')).sort(), [1, 2])
        assert.equal(scraped.value('highest{text="a"}'), 2)
        assert.equal(scraped.value('mean{text="a"}'), 1.5)
        assert.equal(scraped.value('latest{text="a"}'), 8)
      }
      assert.ok(new Set((await one.read()).writers.map(({ writer }) => writer)).size > 1)
    },
  },
  {
    group: 'several writers',
    name: 'have a series each on request, by the numbers of their seats',
    needs: 'manyWriters',
    async run(stage) {
      const [one, two] = [await stage.begin(), await stage.begin()]
      for (const [i, process] of [one, two].entries()) {
        counterOf(process, jobs, key('a')).inc(i + 5)
        histogramOf(process, seconds, key('a')).observe(i + 1)
        gaugeOf(process, 'level', 'livesum', key('a')).set(i + 5)
        await process.flush()
      }
      const scraped = await one.readPerWorker()
      if (scraped === undefined) return
      for (const name of ['jobs_total', 'level']) {
        const series = scraped.labelled(name)
        assert.deepEqual(Object.values(series).sort(), [5, 6])
        for (const labels of Object.keys(series)) assert.match(labels, /^text="a",worker="[1-9]\d*"$/)
      }
      assert.equal(scraped.total('duration_seconds_count'), 2)
      assert.equal(scraped.total('duration_seconds_sum'), 3)
    },
  },
  {
    group: 'several writers',
    name: 'remove for one of them, or for all',
    needs: 'manyWriters',
    async run(stage) {
      const [one, two] = [await stage.begin(), await stage.begin()]
      for (const process of [one, two]) {
        counterOf(process, jobs, key('a')).inc(5)
        counterOf(process, jobs, key('b')).inc(5)
        await process.flush()
      }
      assert.deepEqual((await one.read()).labelled('jobs_total'), { 'text="a"': 10, 'text="b"': 10 })
      one.store.remove(jobs, { text: 'a' }, 'process')
      await one.flush()
      assert.deepEqual((await two.read()).labelled('jobs_total'), { 'text="a"': 5, 'text="b"': 10 })
      one.store.remove(jobs, { text: 'b' }, 'application')
      await one.flush()
      for (const process of [one, two]) {
        assert.deepEqual((await process.read()).labelled('jobs_total'), { 'text="a"': 5 })
      }
      // The other one notices, and begins at 0.
      await two.flush()
      counterOf(two, jobs, key('b')).inc(1)
      await two.flush()
      assert.deepEqual((await one.read()).labelled('jobs_total'), { 'text="a"': 5, 'text="b"': 1 })
    },
  },
  {
    group: 'several writers',
    name: 'that closed are dead: what they counted stays or goes as declared, what lived with them goes',
    needs: 'manyWriters',
    async run(stage) {
      const [one, two] = [await stage.begin(), await stage.begin()]
      counterOf(one, jobs, key('a')).inc(5)
      counterOf(two, jobs, key('a')).inc(6)
      gaugeOf(two, 'level', 'livesum', key('a')).set(1)
      for (const process of [one, two]) await process.flush()
      assert.equal((await one.read()).value('level{text="a"}'), 1)
      await two.backend.close?.()
      const scraped = await one.read()
      assert.equal(scraped.value('level{text="a"}'), undefined)
      assert.equal(scraped.value('jobs_total{text="a"}'), stage.supports.outlivesWriters ? 11 : 5)
    },
  },
  {
    group: 'several writers',
    name: 'that come and go leave nothing behind but their totals',
    needs: 'outlivesWriters',
    async run(stage) {
      const one = await stage.begin()
      counterOf(one, jobs, key('a')).inc(5)
      counterOf(one, ofWriters, key('a')).inc(5)
      await one.flush()
      for (let i = 1; i <= 8; i++) {
        const other = await stage.begin()
        counterOf(other, jobs, key('a')).inc(10)
        counterOf(other, ofWriters, key('a')).inc(10)
        gaugeOf(other, 'highest', 'max', key('a')).set(i)
        await other.flush()
        await other.backend.close?.()
      }
      const scraped = await one.flushAndRead()
      assert.equal(scraped.value('jobs_total{text="a"}'), 85)
      assert.equal(scraped.total('cpu_seconds_total'), 85)
      assert.ok(Object.keys(scraped.labelled('cpu_seconds_total')).length <= scraped.writers.length)
      assert.equal(scraped.value('highest{text="a"}'), 8)
      assert.ok(scraped.writers.length <= 3, `${scraped.writers.length} writers are kept of two at a time`)
    },
  },
]
