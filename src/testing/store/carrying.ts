import assert from 'node:assert/strict'
import { carryOver } from '../../store/core/carry-over.js'
import { MemoryBackend } from '../../store/memory/memory-backend.js'
import { type ConformanceCase, Participant } from '../conformance.js'
import { type Countable, counterOf, gaugeOf, histogramOf } from '../counted.js'
import { jobs, key, seconds } from '../families.js'
import type { ScrapedSeries } from '../reading.js'

/** A process that moves from one backend to another loses nothing. */
export const carrying: readonly ConformanceCase[] = [
  {
    group: 'carrying over',
    name: 'moves all that another store has counted, and sends its children here',
    async run(stage) {
      const process = await stage.begin()
      const before = new MemoryBackend().openStore()
      fill({ store: before })
      counterOf(process, jobs, key('a')).inc(1000)
      const gate = before.gate[0]
      carryOver(before, process.store)
      assert.notEqual(before.gate[0], gate)
      assertFilled(await process.flushAndRead(), 1000)
    },
  },
  {
    group: 'carrying over',
    name: 'gives another store all that was counted here',
    async run(stage) {
      const process = await stage.begin()
      fill(process)
      const after = new Participant(new MemoryBackend())
      carryOver(process.store, after.store)
      assertFilled(await after.flushAndRead(), 0)
    },
  },
  {
    group: 'closing',
    name: 'twice is closing once',
    async run(stage) {
      const { backend, ...process } = await stage.begin()
      counterOf({ ...process, store: backend.openStore() }, jobs, key('a')).inc(1)
      await backend.close?.()
      await backend.close?.()
    },
  },
]

/** One series of every type and mode. */
function fill(place: Countable): void {
  counterOf(place, jobs, key('a')).inc(3)
  histogramOf(place, seconds, key('a')).observe(0.5)
  histogramOf(place, seconds, key('a')).observe(20)
  for (const mode of ['all', 'sum', 'min', 'max', 'livesum', 'liveall', 'livemin', 'livemax'] as const) {
    gaugeOf(place, `level_${mode}`, mode, key('a')).set(4)
  }
  gaugeOf(place, 'latest', 'mostrecent', key('a')).set(5)
}

function assertFilled(scraped: ScrapedSeries, more: number): void {
  assert.equal(scraped.value('jobs_total{text="a"}'), 3 + more)
  assert.equal(scraped.value('duration_seconds_sum{text="a"}'), 20.5)
  const buckets = scraped.labelled('duration_seconds_bucket')
  assert.deepEqual(Object.values(buckets), [2, 1, 1], 'those of +Inf, 1 and 10')
  for (const mode of ['sum', 'min', 'max', 'livesum', 'livemin', 'livemax']) {
    assert.deepEqual(scraped.labelled(`level_${mode}`), { 'text="a"': 4 }, mode)
  }
  for (const mode of ['all', 'liveall']) assert.deepEqual(Object.values(scraped.labelled(`level_${mode}`)), [4], mode)
  assert.equal(scraped.value('latest{text="a"}'), 5)
}
