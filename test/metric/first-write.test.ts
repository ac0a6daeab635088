import { beforeEach, describe, expect, test, vi } from 'vitest'
import { provideContext } from '../../src/metric/context.js'
import { Counter } from '../../src/metric/counter.js'
import { Gauge } from '../../src/metric/gauge.js'
import { Histogram } from '../../src/metric/histogram.js'
import { HashChains } from '../../src/model/series-index/hash-chains.js'
import { numbersOf, SeriesNumbers } from '../../src/model/series-index/series-numbers.js'
import { freshDirectory, TestProcess } from '../helpers/homes.js'

/*
 * The first write of a series looks its number up once: the metric passes the number to the store, and the store returns
 * it. The test counts the searches in the index of the family, and the look-ups by text.
 */

const searches = vi.spyOn(HashChains.prototype, 'first')
const byTexts = vi.spyOn(SeriesNumbers.prototype, 'numberOf')

const stores: [string, () => TestProcess][] = [
  ['in memory', () => new TestProcess()],
  ['in the shared directory', () => new TestProcess(freshDirectory())],
]

describe.each(stores)('the first write of a series, %s,', (_name, newProcess) => {
  beforeEach(() => {
    const process = newProcess()
    provideContext(() => process)
  })

  const counted = (write: () => void): { searches: number; byTexts: number } => {
    searches.mockClear()
    byTexts.mockClear()
    write()
    return { searches: searches.mock.calls.length, byTexts: byTexts.mock.calls.length }
  }

  test('looks its number up once, by the labels', () => {
    const jobs = new Counter({ name: 'jobs_total', help: 'X.', labelNames: ['queue', 'status'] })
    jobs.inc({ queue: 'a', status: '200' })
    jobs.inc({ queue: 'b', status: '404' })
    expect(counted(() => jobs.inc({ queue: 'a', status: '404' }))).toEqual({ searches: 1, byTexts: 0 })
    // In another order, or by a number.
    expect(counted(() => jobs.inc({ status: '200', queue: 'b' }))).toEqual({ searches: 1, byTexts: 0 })
    jobs.inc({ queue: 'c', status: '500' })
    expect(counted(() => jobs.inc({ queue: 'c', status: 200 }))).toEqual({ searches: 1, byTexts: 1 })
    // A value that no series had before ends the search early.
    expect(counted(() => jobs.inc({ queue: 'new', status: '200' }))).toEqual({ searches: 0, byTexts: 1 })
    expect(numbersOf(jobs.family).size).toBe(7)
  })

  test('looks it up once where a limit is asked, for every type of metric', () => {
    const labelNames = ['queue', 'status'] as const
    const options = { help: 'X.', labelNames, maxSeries: 10 }
    const seconds = new Histogram({ name: 'job_seconds', ...options })
    const level = new Gauge({ name: 'level', mode: 'mostrecent', ...options })
    for (const each of ['a', 'b'] as const) {
      seconds.observe({ queue: each, status: each }, 1)
      level.set({ queue: each, status: each }, 1)
    }
    expect(counted(() => seconds.observe({ queue: 'a', status: 'b' }, 1)).searches).toBe(1)
    expect(counted(() => level.set({ queue: 'a', status: 'b' }, 1)).searches).toBe(1)
  })

  test('through a child looks it up once, and so did asking for the child', () => {
    const jobs = new Counter({ name: 'jobs_total', help: 'X.', labelNames: ['queue', 'status'] })
    jobs.inc({ queue: 'a', status: '200' })
    jobs.inc({ queue: 'b', status: '404' })
    let child = jobs.labels('a', '200')
    expect(counted(() => (child = jobs.labels('a', '404')))).toEqual({ searches: 1, byTexts: 0 })
    expect(counted(() => child.inc())).toEqual({ searches: 1, byTexts: 1 })
  })
})
