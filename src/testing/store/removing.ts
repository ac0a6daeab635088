import assert from 'node:assert/strict'
import type { ConformanceCase } from '../conformance.js'
import { counterOf, histogramOf } from '../counted.js'
import { counterFamily, jobs, key, seconds } from '../families.js'

/** What is removed is gone with the next scrape, and what comes after begins afresh. */
export const removing: readonly ConformanceCase[] = [
  {
    group: 'removing',
    name: 'takes a series out of the next scrape, turns the gate, and leaves the others',
    async run(stage) {
      const process = await stage.begin()
      counterOf(process, jobs, key('a')).inc(3)
      counterOf(process, jobs, key('b')).inc(4)
      await process.shown()
      const { store } = process
      const before = store.gate[0]
      store.remove(jobs, { text: 'a' }, 'application')
      assert.notEqual(store.gate[0], before)
      assert.deepEqual((await process.shown()).labelled('jobs_total'), { 'text="b"': 4 })
    },
  },
  {
    group: 'removing',
    name: 'of what is not there does no harm',
    async run(stage) {
      const process = await stage.begin()
      counterOf(process, jobs, key('a')).inc(3)
      process.store.remove(jobs, { text: 'other' }, 'application')
      process.store.remove(counterFamily('unknown_total'), {}, 'process')
      assert.deepEqual((await process.shown()).labelled('jobs_total'), { 'text="a"': 3 })
    },
  },
  {
    group: 'removing',
    name: 'takes every series that the filter names',
    async run(stage) {
      const process = await stage.begin()
      const family = counterFamily('requests_total', { labelNames: ['method', 'status'] })
      for (const method of ['GET', 'POST'])
        for (const status of ['200', '500']) counterOf(process, family, key(method, status)).inc()
      process.store.remove(family, { method: 'GET' }, 'application')
      assert.deepEqual(Object.keys((await process.shown()).labelled('requests_total')), [
        'method="POST",status="200"',
        'method="POST",status="500"',
      ])
      process.store.remove(family, {}, 'application')
      assert.deepEqual((await process.shown()).labelled('requests_total'), {})
    },
  },
  {
    group: 'removing',
    name: 'lets the same key begin afresh',
    async run(stage) {
      const process = await stage.begin()
      counterOf(process, jobs, key('a')).inc(100)
      await process.shown()
      process.store.remove(jobs, { text: 'a' }, 'application')
      counterOf(process, jobs, key('a')).inc(1)
      assert.deepEqual((await process.shown()).labelled('jobs_total'), { 'text="a"': 1 })
    },
  },
  {
    group: 'removing',
    name: 'gives the slots to the next series, without the number of the last',
    async run(stage) {
      const process = await stage.begin()
      for (let round = 0; round < 20; round++) {
        const text = `round ${round}`
        const child = histogramOf(process, seconds, key(text))
        counterOf(process, jobs, key(text)).inc(0)
        assert.deepEqual((await process.shown()).labelled('jobs_total'), { [`text="${text}"`]: 0 })
        child.observe(round + 1)
        counterOf(process, jobs, key(text)).inc(round + 1)
        assert.deepEqual((await process.shown()).labelled('duration_seconds_sum'), { [`text="${text}"`]: round + 1 })
        process.store.remove(jobs, { text }, 'application')
        process.store.remove(seconds, { text }, 'process')
      }
      assert.deepEqual([...process.store.series()], [])
    },
  },
  {
    group: 'removing',
    name: 'is seen by whoever holds a child: the next write opens the series again',
    async run(stage) {
      const process = await stage.begin()
      const held = counterOf(process, jobs, key('a'))
      held.inc(5)
      process.store.remove(jobs, { text: 'a' }, 'application')
      held.inc(2)
      assert.deepEqual((await process.shown()).labelled('jobs_total'), { 'text="a"': 2 })
    },
  },
]
