import assert from 'node:assert/strict'
import type { LabelFilter } from '../../model/series-key.js'
import { removeMany } from '../../store/contract.js'
import type { ConformanceCase } from '../conformance.js'
import { counterOf, histogramOf } from '../counted.js'
import { counterFamily, jobs, key, seconds } from '../families.js'

/** Removed series disappear with the next scrape, and later counts begin at 0. */
export const removing: readonly ConformanceCase[] = [
  {
    group: 'removing',
    name: 'takes a series out of the next scrape, turns the gate, and leaves the others',
    async run(stage) {
      const process = await stage.begin()
      counterOf(process, jobs, key('a')).inc(3)
      counterOf(process, jobs, key('b')).inc(4)
      await process.flushAndRead()
      const { store } = process
      const before = store.gate[0]
      store.remove(jobs, { text: 'a' }, 'application')
      assert.notEqual(store.gate[0], before)
      assert.deepEqual((await process.flushAndRead()).labelled('jobs_total'), { 'text="b"': 4 })
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
      assert.deepEqual((await process.flushAndRead()).labelled('jobs_total'), { 'text="a"': 3 })
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
      assert.deepEqual(Object.keys((await process.flushAndRead()).labelled('requests_total')), [
        'method="POST",status="200"',
        'method="POST",status="500"',
      ])
      process.store.remove(family, {}, 'application')
      assert.deepEqual((await process.flushAndRead()).labelled('requests_total'), {})
    },
  },
  {
    group: 'removing',
    name: 'lets the same key begin again at 0',
    async run(stage) {
      const process = await stage.begin()
      counterOf(process, jobs, key('a')).inc(100)
      await process.flushAndRead()
      process.store.remove(jobs, { text: 'a' }, 'application')
      counterOf(process, jobs, key('a')).inc(1)
      assert.deepEqual((await process.flushAndRead()).labelled('jobs_total'), { 'text="a"': 1 })
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
        assert.deepEqual((await process.flushAndRead()).labelled('jobs_total'), { [`text="${text}"`]: 0 })
        child.observe(round + 1)
        counterOf(process, jobs, key(text)).inc(round + 1)
        assert.deepEqual((await process.flushAndRead()).labelled('duration_seconds_sum'), {
          [`text="${text}"`]: round + 1,
        })
        process.store.remove(jobs, { text }, 'application')
        process.store.remove(seconds, { text }, 'process')
      }
      assert.deepEqual([...process.store.series()], [])
    },
  },
  {
    group: 'removing',
    name: 'is seen by the holder of a child: the next write opens the series again',
    async run(stage) {
      const process = await stage.begin()
      const held = counterOf(process, jobs, key('a'))
      held.inc(5)
      process.store.remove(jobs, { text: 'a' }, 'application')
      held.inc(2)
      assert.deepEqual((await process.flushAndRead()).labelled('jobs_total'), { 'text="a"': 2 })
    },
  },
  {
    group: 'removing',
    name: 'many series together, by all of their labels and by some, keeps the other series and those that begin later',
    async run(stage) {
      const process = await stage.begin()
      const family = counterFamily('requests_total', { labelNames: ['method', 'path', 'status'] })
      const other = counterFamily('other_total', { labelNames: ['method', 'path', 'status'] })
      const count = (method: string, path: string, status: string): void => {
        counterOf(process, family, key(method, path, status)).inc()
        counterOf(process, other, key(method, path, status)).inc()
      }
      for (let i = 0; i < 40; i++)
        for (const method of ['GET', 'PUT']) for (const status of ['2', '5']) count(method, `${i}`, status)
      await process.flushAndRead()
      const filters: LabelFilter[] = [{ method: 'PUT', status: '5' }, { path: '999' }, { path: '1', unknown: 'x' }]
      for (let i = 0; i < 40; i++) {
        if (i < 20) filters.push({ path: `${i}`, method: 'GET' })
        else filters.push({ path: `${i}`, method: 'GET', status: '2' })
      }
      removeMany(process.store, family, filters, 'application')
      counterOf(process, family, key('GET', '0', '2')).inc(5)
      const scraped = await process.flushAndRead()
      const expected: Record<string, number> = { 'method="GET",path="0",status="2"': 5 }
      for (let i = 0; i < 40; i++) {
        if (i >= 20) expected[`method="GET",path="${i}",status="5"`] = 1
        expected[`method="PUT",path="${i}",status="2"`] = 1
      }
      assert.deepEqual(scraped.labelled('requests_total'), expected)
      assert.equal(Object.keys(scraped.labelled('other_total')).length, 160)
    },
  },
  {
    group: 'removing',
    name: 'many series is seen by the others, and carried out before they count again',
    needs: 'manyWriters',
    async run(stage) {
      const [one, two] = [await stage.begin(), await stage.begin()]
      const family = counterFamily('requests_total', { labelNames: ['method', 'path'] })
      for (const process of [one, two])
        for (let i = 0; i < 100; i++) counterOf(process, family, key(i % 2 === 0 ? 'GET' : 'PUT', `${i}`)).inc()
      for (const process of [one, two]) await process.flush()
      assert.equal(Object.keys((await two.read()).labelled('requests_total')).length, 100)
      const filters: LabelFilter[] = [{ method: 'PUT' }]
      for (let i = 0; i < 98; i += 2) filters.push({ method: 'GET', path: `${i}` })
      removeMany(one.store, family, filters, 'application')
      await one.flush()
      for (const process of [one, two])
        assert.deepEqual((await process.read()).labelled('requests_total'), { 'method="GET",path="98"': 2 })
      await two.flush()
      for (const path of ['1', '2']) counterOf(two, family, key('GET', path)).inc(3)
      await two.flush()
      for (const process of [one, two])
        assert.deepEqual((await process.read()).labelled('requests_total'), {
          'method="GET",path="1"': 3,
          'method="GET",path="2"': 3,
          'method="GET",path="98"': 2,
        })
    },
  },
]
