import assert from 'node:assert/strict'
import type { ConformanceCase } from '../conformance.js'
import { counterOf, histogramOf } from '../counted.js'
import { jobs, key, seconds } from '../families.js'

/** What `open()` returns, and `series()` lists. */
export const opening: readonly ConformanceCase[] = [
  {
    group: 'opening',
    name: 'gives the same slots for the same family and key, and others for others',
    async run(stage) {
      const { store } = await stage.begin()
      const [a, again] = [store.open(jobs, key('a')), store.open(jobs, key('a'))]
      assert.equal(again.values, a.values)
      assert.equal(again.at, a.at)
      const b = store.open(jobs, key('b'))
      assert.ok(b.values !== a.values || b.at !== a.at, 'another key has other slots')
      // Another descriptor of the same definition is the same family.
      const copy = store.open({ ...jobs, help: 'Said otherwise.' }, key('a'))
      assert.ok(copy.values === a.values && copy.at === a.at, 'another help is the same family')
    },
  },
  {
    group: 'opening',
    name: 'gives slots that begin at nothing, of the right width, and never move',
    async run(stage) {
      const { store } = await stage.begin()
      const first = store.open(seconds, key('first'))
      first.values[first.at + 1] = 42
      for (let i = 0; i < 3_000; i++) {
        const { values, at } = store.open(seconds, key(String(i)))
        assert.deepEqual([...values.subarray(at, at + 5)], [0, 0, 0, 0, 0])
        values[at + 1] = i
      }
      assert.equal(first.values[first.at + 1], 42)
      assert.equal(store.open(seconds, key('first')).values, first.values)
    },
  },
  {
    group: 'opening',
    name: 'shows the words of the same bytes',
    async run(stage) {
      const { store } = await stage.begin()
      const { values, words, at } = store.open(seconds, key('a'))
      values[at] = 1
      assert.equal(words[at * 2 + 1], new Int32Array(Float64Array.of(1).buffer)[1])
    },
  },
  {
    group: 'series()',
    name: 'tells of every series that there is, with its slots, and of none that was removed',
    async run(stage) {
      const process = await stage.begin()
      counterOf(process, jobs, key('a')).inc(1)
      counterOf(process, jobs, key('b')).inc(2)
      histogramOf(process, seconds, key('c')).observe(3)
      const { store } = process
      store.remove(jobs, { text: 'a' }, 'process')
      const told = [...store.series()].map(({ family, key: each, slots }) => ({
        name: family.name,
        key: each,
        same: slots.at === store.open(family, each).at && slots.values === store.open(family, each).values,
      }))
      assert.deepEqual(told, [
        { name: 'jobs_total', key: key('b'), same: true },
        { name: 'duration_seconds', key: key('c'), same: true },
      ])
    },
  },
]
