import assert from 'node:assert/strict'
import type { FamilyDescriptor } from '../../model/descriptor.js'
import { numbersOf } from '../../model/series-index/series-numbers.js'
import type { SeriesRef } from '../../model/series-ref.js'
import type { Slots } from '../../store/contract.js'
import type { ConformanceCase } from '../conformance.js'
import { counterOf, histogramOf } from '../counted.js'
import { jobs, key, seconds, series } from '../families.js'

/** The result of `open()`, and the list of `series()`. */
export const opening: readonly ConformanceCase[] = [
  {
    group: 'opening',
    name: 'gives the same slots for the same family and label values, and others for others',
    async run(stage) {
      const { store } = await stage.begin()
      const [a, again] = [store.open(jobs, series('a')), store.open(jobs, series('a'))]
      assert.equal(again.values, a.values)
      assert.equal(again.at, a.at)
      const b = store.open(jobs, series('b'))
      assert.ok(b.values !== a.values || b.at !== a.at, 'another series has other slots')
      // Another descriptor of the same definition is the same family.
      const copy = store.open({ ...jobs, help: 'Said otherwise.' }, series('a'))
      assert.ok(copy.values === a.values && copy.at === a.at, 'another help is the same family')
    },
  },
  {
    group: 'opening',
    name: 'gives slots that begin at nothing, of the right width, and never move',
    async run(stage) {
      const { store } = await stage.begin()
      const first = store.open(seconds, series('first'))
      first.values[first.at + 1] = 42
      for (let i = 0; i < 3_000; i++) {
        const { values, at } = store.open(seconds, series(String(i)))
        assert.deepEqual([...values.subarray(at, at + 5)], [0, 0, 0, 0, 0])
        values[at + 1] = i
      }
      assert.equal(first.values[first.at + 1], 42)
      assert.equal(store.open(seconds, series('first')).values, first.values)
    },
  },
  {
    group: 'opening',
    name: 'knows a series by its number in the family as well, and by the number of another descriptor of the family',
    async run(stage) {
      const { store } = await stage.begin()
      const other = { ...jobs, help: 'Another metric of the same family.' }
      // The same series have other numbers there.
      const references = ['a', 'b', 'c'].map((text) => numbered(jobs, text))
      const others = ['c', 'a', 'b'].map((text) => numbered(other, text))
      for (const [i, reference] of references.entries()) {
        const { values, at } = store.open(jobs, reference)
        values[at] = i + 1
      }
      const valueAt = ({ values, at }: Slots): number => values[at]!
      assert.deepEqual(
        references.map((each) => valueAt(store.open(jobs, each))),
        [1, 2, 3],
      )
      assert.deepEqual(
        others.map((each) => valueAt(store.open(other, each))),
        [3, 1, 2],
      )
      assert.deepEqual(
        references.map(({ labelValues }) => valueAt(store.open(jobs, { number: 0, labelValues }))),
        [1, 2, 3],
      )
      store.remove(jobs, { text: 'b' }, 'application')
      assert.deepEqual(
        references.map((each) => valueAt(store.open(jobs, each))),
        [1, 0, 3],
      )
    },
  },
  {
    group: 'opening',
    name: 'shows the words of the same bytes',
    async run(stage) {
      const { store } = await stage.begin()
      const { values, words, at } = store.open(seconds, series('a'))
      values[at] = 1
      assert.equal(words[at * 2 + 1], new Int32Array(Float64Array.of(1).buffer)[1])
    },
  },
  {
    group: 'series()',
    name: 'lists every series with its slots, and none that was removed',
    async run(stage) {
      const process = await stage.begin()
      counterOf(process, jobs, key('a')).inc(1)
      counterOf(process, jobs, key('b')).inc(2)
      histogramOf(process, seconds, key('c')).observe(3)
      const { store } = process
      store.remove(jobs, { text: 'a' }, 'process')
      const listed = [...store.series()].map(({ family, series: each, slots }) => ({
        name: family.name,
        labelValues: each.labelValues,
        same: slots.at === store.open(family, each).at && slots.values === store.open(family, each).values,
      }))
      assert.deepEqual(listed, [
        { name: 'jobs_total', labelValues: ['b'], same: true },
        { name: 'duration_seconds', labelValues: ['c'], same: true },
      ])
    },
  },
]

/** A reference as a metric creates it, which holds the number. */
function numbered(family: FamilyDescriptor, ...labelValues: readonly string[]): SeriesRef {
  return { number: numbersOf(family).hold(labelValues), labelValues }
}
