import assert from 'node:assert/strict'
import type { ConformanceCase } from '../conformance.js'
import { counterOf, gaugeOf, histogramOf } from '../counted.js'
import { counterFamily, gaugeFamily, jobs, key, seconds, series } from '../families.js'

/** Label values that a careless store confuses or damages. */
const awkward = ['plain', 'with "quotes"', 'back\\slash', 'two\nlines', 'ünïcödé ☃ 🦄', '', '{a="b"} 1']

/** A scrape shows exactly the counts. */
export const counting: readonly ConformanceCase[] = [
  {
    group: 'what was counted',
    name: 'is shown after a flush, series by series',
    async run(stage) {
      const process = await stage.begin()
      counterOf(process, jobs, key('a')).inc(3)
      counterOf(process, jobs, key('b')).inc()
      histogramOf(process, seconds, key('a')).observe(0.5)
      histogramOf(process, seconds, key('a')).observe(5)
      const scraped = await process.flushAndRead()
      assert.deepEqual(scraped.labelled('jobs_total'), { 'text="a"': 3, 'text="b"': 1 })
      assert.deepEqual(scraped.labelled('duration_seconds_bucket'), {
        'le="+Inf",text="a"': 2,
        'le="1",text="a"': 1,
        'le="10",text="a"': 2,
      })
      assert.equal(scraped.value('duration_seconds_sum{text="a"}'), 5.5)
    },
  },
  {
    group: 'what was counted',
    name: 'continues from scrape to scrape, in the handles that the application holds',
    async run(stage) {
      const process = await stage.begin()
      const held = counterOf(process, jobs, key('a'))
      for (let i = 1; i <= 5; i++) {
        held.inc(i)
        assert.equal((await process.flushAndRead()).value('jobs_total{text="a"}'), (i * (i + 1)) / 2)
      }
    },
  },
  {
    group: 'what was counted',
    name: 'keeps label values apart that a careless store would mix up',
    async run(stage) {
      const process = await stage.begin()
      const pair = counterFamily('pairs_total', { labelNames: ['a', 'b'] })
      const pairs: readonly (readonly [string, string])[] = [
        ['x', 'y,z'],
        ['x,y', 'z'],
        ['', 'x'],
        ['x', ''],
        ['1', '2'],
        ['12', ''],
      ]
      for (const [i, text] of awkward.entries()) counterOf(process, jobs, key(text)).inc(i + 1)
      for (const [i, [a, b]] of pairs.entries()) counterOf(process, pair, key(a, b)).inc(i + 1)
      const scraped = await process.flushAndRead()
      const [single, double] = [scraped.counted('jobs_total'), scraped.counted('pairs_total')]
      for (const [i, text] of awkward.entries()) assert.equal(single.get(key(text)), i + 1, text)
      for (const [i, [a, b]] of pairs.entries()) assert.equal(double.get(key(a, b)), i + 1, `${a} and ${b}`)
      assert.deepEqual([single.size, double.size], [awkward.length, pairs.length])
    },
  },
  {
    group: 'what was counted',
    name: 'distinguishes an absent label from an empty one',
    async run(stage) {
      const process = await stage.begin()
      counterOf(process, jobs, key(null)).inc(1)
      counterOf(process, jobs, key('')).inc(2)
      const scraped = await process.flushAndRead()
      assert.equal(scraped.value('jobs_total'), 1)
      assert.equal(scraped.value('jobs_total{text=""}'), 2)
    },
  },
  {
    group: 'what was counted',
    name: 'is exact for thousands of series, which take many segments',
    async run(stage) {
      const process = await stage.begin()
      for (let i = 0; i < 5_000; i++) {
        counterOf(process, jobs, key(String(i))).inc(i)
        histogramOf(process, seconds, key(String(i))).observe(i)
        if (i === 2_500) assert.equal((await process.flushAndRead()).total('jobs_total'), (2_500 * 2_501) / 2)
      }
      const scraped = await process.flushAndRead()
      assert.equal(scraped.value('jobs_total{text="4999"}'), 4_999)
      assert.equal(scraped.total('jobs_total'), (4_999 * 5_000) / 2)
      assert.equal(scraped.total('duration_seconds_count'), 5_000)
      assert.equal(scraped.total('duration_seconds_sum'), (4_999 * 5_000) / 2)
    },
  },
  {
    group: 'what was counted',
    name: 'is numbers of every kind, exactly',
    async run(stage) {
      const process = await stage.begin()
      const numbers = [0, -0, 1.5, -2, 0.1 + 0.2, 1e308, 5e-324, 2 ** 53, 1 / 0, -1 / 0]
      for (const [i, number] of numbers.entries()) gaugeOf(process, 'level', 'livesum', key(String(i))).set(number)
      const counted = (await process.flushAndRead()).counted('level')
      assert.deepEqual(
        numbers.map((_, i) => counted.get(key(String(i)))),
        numbers,
      )
    },
  },
  {
    group: 'what was counted',
    name: 'is shown with the family as it was defined',
    async run(stage) {
      const process = await stage.begin()
      const family = { ...jobs, help: 'With "quotes", a \\ and\nlines.', unit: 'jobs', registry: 'other' }
      process.store.open(family, series('a'))
      assert.deepEqual((await process.flushAndRead()).table('jobs_total')?.family, family)
    },
  },
  {
    group: 'a gauge',
    name: 'that was opened and not set is nothing or 0, by its mode',
    async run(stage) {
      const process = await stage.begin()
      process.store.open(gaugeFamily('latest', 'mostrecent'), series('a'))
      gaugeOf(process, 'level', 'livesum', key('a')).inc(0)
      const scraped = await process.flushAndRead()
      assert.deepEqual(scraped.labelled('latest'), {})
      assert.deepEqual(scraped.labelled('level'), { 'text="a"': 0 })
    },
  },
  {
    group: 'a gauge',
    name: 'of mode mostrecent shows what was set last',
    async run(stage) {
      const process = await stage.begin()
      gaugeOf(process, 'latest', 'mostrecent', key('a')).set(5)
      gaugeOf(process, 'latest', 'mostrecent', key('a')).set(3)
      assert.equal((await process.flushAndRead()).value('latest{text="a"}'), 3)
    },
  },
  {
    group: 'a gauge',
    name: 'goes up and down, and below 0',
    async run(stage) {
      const process = await stage.begin()
      const level = gaugeOf(process, 'level', 'livesum', key('a'))
      for (const [step, expected] of [
        [5, 5],
        [-7, -2],
        [2.5, 0.5],
      ] as const) {
        level.inc(step)
        assert.equal((await process.flushAndRead()).value('level{text="a"}'), expected)
      }
    },
  },
]
