import { describe, expect } from 'vitest'
import type { Backend, PlacedExemplar, Store, WriterSnapshot } from '../../src/store/backend.js'
import { carryOver } from '../../src/store/carry.js'
import { MemoryBackend } from '../../src/store/memory/memory-backend.js'
import { awkward } from '../helpers/processes/debris.js'
import type { Exposition } from '../helpers/processes/exposition.js'
import { Reader } from '../helpers/processes/reading.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { counterFamily, histogramFamily } from '../helpers/writers.js'
import { counterOf, gaugeOf, histogramOf, mostRecent } from './counted.js'

/** What a backend does not do is declared here, and the suite reads it. */
export interface Supports {
  /** Several writers count together, and any of them shows all. */
  readonly manyWriters: boolean
  /** What a writer that ended counted is still shown. */
  readonly outlivesWriters: boolean
  readonly exemplars: boolean
}

export interface Conforming {
  /** An application: each call of what it returns gives a backend as one more process of it would have. */
  create(stage: Stage): () => Backend
  readonly supports: Supports
}

const jobs = counterFamily('jobs_total', { labelNames: ['text'] })
const seconds = histogramFamily('duration_seconds', [1, 10], { labelNames: ['text'] })
const key = (...values: (string | null)[]): string => JSON.stringify(values)

/** One suite for every backend: what the contract in `src/store/backend.ts` promises. */
export function storeConformance(name: string, { create, supports }: Conforming): void {
  describe(`${name} keeps the contract of a store`, () => {
    describe('opening', () => {
      test('gives the same slots for the same family and key, and others for others', ({ stage }) => {
        const { store } = application(stage)
        const [a, again] = [store.open(jobs, key('a')), store.open(jobs, key('a'))]
        expect(again.values).toBe(a.values)
        expect(again.at).toBe(a.at)
        const b = store.open(jobs, key('b'))
        expect([b.values, b.at]).not.toEqual([a.values, a.at])
        // Another descriptor of the same definition is the same family.
        const copy = store.open({ ...jobs, help: 'Said otherwise.' }, key('a'))
        expect([copy.values === a.values, copy.at]).toEqual([true, a.at])
      })

      test('gives slots that begin at nothing, of the right width, and never move', ({ stage }) => {
        const { store } = application(stage)
        const first = store.open(seconds, key('first'))
        first.values[first.at + 1] = 42
        for (let i = 0; i < 3_000; i++) {
          const { values, at } = store.open(seconds, key(String(i)))
          expect([...values.subarray(at, at + 5)]).toEqual([0, 0, 0, 0, 0])
          values[at + 1] = i
        }
        expect(first.values[first.at + 1]).toBe(42)
        expect(store.open(seconds, key('first')).values).toBe(first.values)
      })

      test('shows the words of the same bytes', ({ stage }) => {
        const { store } = application(stage)
        const { values, words, at } = store.open(seconds, key('a'))
        values[at] = 1
        expect(words[at * 2 + 1]).toBe(new Int32Array(Float64Array.of(1).buffer)[1])
      })
    })

    describe('what was counted', () => {
      test('is shown after a flush, series by series', async ({ stage }) => {
        const { store, reader } = application(stage)
        counterOf(store, jobs, key('a')).inc(3)
        counterOf(store, jobs, key('b')).inc()
        histogramOf(store, seconds, key('a')).observe(0.5)
        histogramOf(store, seconds, key('a')).observe(5)
        store.flush()
        const scrape = await reader.scrape()
        expect(scrape.labelled('jobs_total')).toEqual({ 'text="a"': 3, 'text="b"': 1 })
        expect(scrape.labelled('duration_seconds_bucket')).toEqual({
          'text="a",le="1"': 1,
          'text="a",le="10"': 2,
          'text="a",le="+Inf"': 2,
        })
        expect(scrape.value('duration_seconds_sum{text="a"}')).toBe(5.5)
      })

      test('keeps label values apart that a careless store would mix up', async ({ stage }) => {
        const { store, reader } = application(stage)
        const pair = counterFamily('pairs_total', { labelNames: ['a', 'b'] })
        const pairs: [string, string][] = [
          ['x', 'y,z'],
          ['x,y', 'z'],
          ['', 'x'],
          ['x', ''],
          ['1', '2'],
          ['12', ''],
        ]
        for (const [i, text] of awkward.entries()) counterOf(store, jobs, key(text)).inc(i + 1)
        for (const [i, [a, b]] of pairs.entries()) counterOf(store, pair, key(a, b)).inc(i + 1)
        store.flush()
        const { writers, scrape } = await reader.read()
        const { log, values } = writers[0]!
        const counted = new Map(log.keyOf.map((each, i) => [each, values[log.slotOf[i]!]]))
        for (const [i, text] of awkward.entries()) expect(counted.get(key(text)), text).toBe(i + 1)
        for (const [i, [a, b]] of pairs.entries()) expect(counted.get(key(a, b))).toBe(i + 1)
        expect(scrape.value('jobs_total{text="with \\"quotes\\""}')).toBe(2)
        expect(scrape.value('jobs_total{text="two\\nlines"}')).toBe(4)
        expect(scrape.value('jobs_total{text="ünïcödé ☃ 🦄"}')).toBe(5)
      })

      test('tells an absent label from an empty one', async ({ stage }) => {
        const { store, reader } = application(stage)
        counterOf(store, jobs, key(null)).inc(1)
        counterOf(store, jobs, key('')).inc(2)
        store.flush()
        const scrape = await reader.scrape()
        expect(scrape.value('jobs_total')).toBe(1)
        expect(scrape.value('jobs_total{text=""}')).toBe(2)
      })

      test('is exact for thousands of series, which take many segments', async ({ stage }) => {
        const { store, reader } = application(stage)
        for (let i = 0; i < 5_000; i++) {
          counterOf(store, jobs, key(String(i))).inc(i)
          histogramOf(store, seconds, key(String(i))).observe(i)
          if (i === 2_500) {
            store.flush()
            expect((await reader.scrape()).total('jobs_total')).toBe((2_500 * 2_501) / 2)
          }
        }
        store.flush()
        const scrape = await reader.scrape()
        expect(scrape.value('jobs_total{text="4999"}')).toBe(4_999)
        expect(scrape.total('jobs_total')).toBe((4_999 * 5_000) / 2)
        expect(scrape.total('duration_seconds_count')).toBe(5_000)
        expect(scrape.total('duration_seconds_sum')).toBe((4_999 * 5_000) / 2)
      })

      test('is numbers of every kind, exactly', async ({ stage }) => {
        const { store, reader } = application(stage)
        const numbers = [0, -0, 1.5, -2, 1e308, 5e-324, 2 ** 53, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
        for (const [i, number] of numbers.entries()) gaugeOf(store, 'level', 'livesum', key(String(i))).set(number)
        store.flush()
        const { writers } = await reader.read()
        const { log, values } = writers[0]!
        expect(log.slotOf.map((slot) => values[slot + 1])).toEqual(numbers)
      })

      test('is shown with the family as it was defined', async ({ stage }) => {
        const { store, reader } = application(stage)
        const family = { ...jobs, help: 'With "quotes", a \\ and\nlines.', unit: 'jobs', registry: 'other' }
        store.open(family, key('a'))
        store.flush()
        const { writers } = await reader.read()
        expect(writers[0]!.log.families).toEqual([family])
      })
    })

    describe('a gauge', () => {
      test('that was opened and not set is nothing or 0, by its mode', async ({ stage }) => {
        const { store, reader } = application(stage)
        store.open(mostRecent, key('a'))
        gaugeOf(store, 'level', 'livesum', key('a')).inc(0)
        store.flush()
        const scrape = await reader.scrape()
        expect(scrape.labelled('latest')).toEqual({})
        expect(scrape.labelled('level')).toEqual({ 'text="a"': 0 })
      })

      test('of mode mostrecent shows what was set last', async ({ stage }) => {
        const { store, reader } = application(stage)
        gaugeOf(store, 'latest', 'mostrecent', key('a')).set(5)
        gaugeOf(store, 'latest', 'mostrecent', key('a')).set(3)
        store.flush()
        expect((await reader.scrape()).value('latest{text="a"}')).toBe(3)
      })
    })

    describe('removing', () => {
      test('takes a series out of the next scrape, turns the gate, and leaves the others', async ({ stage }) => {
        const { store, reader } = application(stage)
        counterOf(store, jobs, key('a')).inc(3)
        counterOf(store, jobs, key('b')).inc(4)
        store.flush()
        await reader.scrape()
        const before = store.gate[0]
        store.remove(jobs, { text: 'a' }, 'application')
        expect(store.gate[0]).not.toBe(before)
        store.flush()
        expect((await reader.scrape()).labelled('jobs_total')).toEqual({ 'text="b"': 4 })
      })

      test('of what is not there does no harm', async ({ stage }) => {
        const { store, reader } = application(stage)
        counterOf(store, jobs, key('a')).inc(3)
        store.remove(jobs, { text: 'other' }, 'application')
        store.remove(counterFamily('unknown_total'), {}, 'process')
        store.flush()
        expect((await reader.scrape()).labelled('jobs_total')).toEqual({ 'text="a"': 3 })
      })

      test('takes every series that the filter names', async ({ stage }) => {
        const { store, reader } = application(stage)
        const family = counterFamily('requests_total', { labelNames: ['method', 'status'] })
        for (const method of ['GET', 'POST'])
          for (const status of ['200', '500']) counterOf(store, family, key(method, status)).inc()
        store.remove(family, { method: 'GET' }, 'application')
        store.flush()
        expect(Object.keys((await reader.scrape()).labelled('requests_total'))).toEqual([
          'method="POST",status="200"',
          'method="POST",status="500"',
        ])
        store.remove(family, {}, 'application')
        store.flush()
        expect((await reader.scrape()).labelled('requests_total')).toEqual({})
      })

      test('lets the same key begin afresh', async ({ stage }) => {
        const { store, reader } = application(stage)
        counterOf(store, jobs, key('a')).inc(100)
        store.flush()
        await reader.scrape()
        store.remove(jobs, { text: 'a' }, 'application')
        counterOf(store, jobs, key('a')).inc(1)
        store.flush()
        expect((await reader.scrape()).labelled('jobs_total')).toEqual({ 'text="a"': 1 })
      })

      test('gives the slots to the next series, without the number of the last', async ({ stage }) => {
        const { store, reader } = application(stage)
        for (let round = 0; round < 20; round++) {
          const text = `round ${round}`
          const child = histogramOf(store, seconds, key(text))
          counterOf(store, jobs, key(text)).inc(0)
          store.flush()
          const scrape = await reader.scrape()
          expect(scrape.labelled('jobs_total')).toEqual({ [`text="${text}"`]: 0 })
          child.observe(round + 1)
          counterOf(store, jobs, key(text)).inc(round + 1)
          store.flush()
          expect((await reader.scrape()).labelled('duration_seconds_sum')).toEqual({ [`text="${text}"`]: round + 1 })
          store.remove(jobs, { text }, 'application')
          store.remove(seconds, { text }, 'process')
        }
        expect([...store.series()]).toEqual([])
      })

      test('is seen by whoever holds a child: the next write opens the series again', async ({ stage }) => {
        const { store, reader } = application(stage)
        const held = counterOf(store, jobs, key('a'))
        held.inc(5)
        store.remove(jobs, { text: 'a' }, 'application')
        held.inc(2)
        store.flush()
        expect((await reader.scrape()).labelled('jobs_total')).toEqual({ 'text="a"': 2 })
      })
    })

    describe('series()', () => {
      test('tells of every series that there is, with its slots, and of none that was removed', ({ stage }) => {
        const { store } = application(stage)
        counterOf(store, jobs, key('a')).inc(1)
        counterOf(store, jobs, key('b')).inc(2)
        histogramOf(store, seconds, key('c')).observe(3)
        store.remove(jobs, { text: 'a' }, 'process')
        const told = [...store.series()].map(({ family, key: each, slots }) => ({
          name: family.name,
          key: each,
          same: slots.at === store.open(family, each).at && slots.values === store.open(family, each).values,
        }))
        expect(told).toEqual([
          { name: 'jobs_total', key: key('b'), same: true },
          { name: 'duration_seconds', key: key('c'), same: true },
        ])
      })
    })

    describe('carrying over', () => {
      test('moves all that another store has counted, and sends its children here', async ({ stage }) => {
        const { store, reader } = application(stage)
        const before = new MemoryBackend().openStore()
        fill(before)
        counterOf(store, jobs, key('a')).inc(1000)
        const gate = before.gate[0]
        carryOver(before, store)
        expect(before.gate[0]).not.toBe(gate)
        store.flush()
        expectFilled(await reader.scrape(), 1000)
      })

      test('gives another store all that was counted here', async ({ stage }) => {
        const { store } = application(stage)
        fill(store)
        const after = new MemoryBackend()
        carryOver(store, after.openStore())
        expectFilled(await new Reader(after.openSource()).scrape(), 0)
      })
    })

    describe.runIf(supports.exemplars)('exemplars', () => {
      test('are kept with the bucket that they belong to, the last one of each', async ({ stage }) => {
        const { store, reader } = application(stage)
        counterOf(store, jobs, key('a')).inc(1)
        histogramOf(store, seconds, key('a')).observe(5)
        const [jobsExample, early, late] = ['t1', 't2', 't3'].map((trace, i) => ({
          labels: { trace },
          value: i + 1,
          timestamp: 1_700_000_000 + i,
        }))
        store.setExemplar(jobs, key('a'), 0, jobsExample!)
        store.setExemplar(seconds, key('a'), 1, early!)
        store.setExemplar(seconds, key('a'), 1, late!)
        store.flush()
        const { writers } = await reader.read()
        const kept = exemplarsOf(writers[0]!)
        expect(kept.map(({ bucket, exemplar }) => ({ bucket, exemplar }))).toEqual([
          { bucket: 0, exemplar: jobsExample },
          { bucket: 1, exemplar: late },
        ])
        expect(kept.map(({ slot }) => slot)).toEqual(writers[0]!.log.slotOf)
      })

      test('go with their series', async ({ stage }) => {
        const { store, reader } = application(stage)
        counterOf(store, jobs, key('a')).inc(1)
        store.setExemplar(jobs, key('a'), 0, { labels: { trace: 't' }, value: 1 })
        store.remove(jobs, { text: 'a' }, 'application')
        counterOf(store, jobs, key('b')).inc(1)
        store.flush()
        const { writers } = await reader.read()
        expect(exemplarsOf(writers[0]!)).toEqual([])
      })
    })

    describe.runIf(supports.manyWriters)('several writers', () => {
      test('are shown as one application by each of them', async ({ stage }) => {
        const backend = create(stage)
        const [one, two, three] = [begin(stage, backend), begin(stage, backend), begin(stage, backend)]
        for (const [i, { store }] of [one, two].entries()) {
          counterOf(store, jobs, key('a')).inc(i + 1)
          counterOf(store, jobs, key(`own ${i}`)).inc(10)
          histogramOf(store, seconds, key('a')).observe(i + 1)
          gaugeOf(store, 'level', 'livesum', key('a')).set(i + 1)
          gaugeOf(store, 'each', 'all', key('a')).set(i + 1)
          store.flush()
        }
        gaugeOf(one.store, 'latest', 'mostrecent', key('a')).set(7)
        await new Promise((resolve) => setTimeout(resolve, 2))
        gaugeOf(two.store, 'latest', 'mostrecent', key('a')).set(8)
        for (const { store } of [one, two]) store.flush()
        for (const { reader } of [one, two, three]) {
          const scrape = await reader.scrape()
          expect(scrape.labelled('jobs_total')).toEqual({ 'text="a"': 3, 'text="own 0"': 10, 'text="own 1"': 10 })
          expect(scrape.value('duration_seconds_count{text="a"}')).toBe(2)
          expect(scrape.value('level{text="a"}')).toBe(3)
          expect(Object.values(scrape.labelled('each'))).toEqual([1, 2])
          expect(scrape.value('latest{text="a"}')).toBe(8)
        }
        expect(new Set((await one.reader.read()).writers.map(({ writer }) => writer)).size).toBeGreaterThan(1)
      })

      test('remove for one of them, or for all', async ({ stage }) => {
        const backend = create(stage)
        const [one, two] = [begin(stage, backend), begin(stage, backend)]
        for (const { store } of [one, two]) {
          counterOf(store, jobs, key('a')).inc(5)
          counterOf(store, jobs, key('b')).inc(5)
          store.flush()
        }
        expect((await one.reader.scrape()).labelled('jobs_total')).toEqual({ 'text="a"': 10, 'text="b"': 10 })
        one.store.remove(jobs, { text: 'a' }, 'process')
        one.store.flush()
        expect((await two.reader.scrape()).labelled('jobs_total')).toEqual({ 'text="a"': 5, 'text="b"': 10 })
        one.store.remove(jobs, { text: 'b' }, 'application')
        one.store.flush()
        for (const { reader } of [one, two]) {
          expect((await reader.scrape()).labelled('jobs_total')).toEqual({ 'text="a"': 5 })
        }
        // The other one takes notice, and begins afresh.
        two.store.flush()
        counterOf(two.store, jobs, key('b')).inc(1)
        two.store.flush()
        expect((await one.reader.scrape()).labelled('jobs_total')).toEqual({ 'text="a"': 5, 'text="b"': 1 })
      })

      test('that closed are dead, and their seat is the next one to take', async ({ stage }) => {
        const backend = create(stage)
        const [one, two] = [begin(stage, backend), begin(stage, backend)]
        counterOf(one.store, jobs, key('a')).inc(5)
        counterOf(two.store, jobs, key('a')).inc(6)
        gaugeOf(two.store, 'level', 'livesum', key('a')).set(1)
        for (const { store } of [one, two]) store.flush()
        const seats = (await one.reader.read()).writers.map(({ seat }) => seat)
        two.backend.close?.()
        const { scrape, writers } = await one.reader.read()
        expect(writers.map(({ live }) => live).sort()).toEqual([false, true])
        expect(scrape.value('level{text="a"}')).toBeUndefined()
        expect(scrape.value('jobs_total{text="a"}')).toBe(supports.outlivesWriters ? 11 : 5)
        if (!supports.outlivesWriters) return
        const three = begin(stage, backend)
        counterOf(three.store, jobs, key('a')).inc(7)
        three.store.flush()
        const after = await one.reader.read()
        expect(after.writers.map(({ seat }) => seat)).toEqual(seats)
        expect(after.scrape.value('jobs_total{text="a"}')).toBe(18)
      })
    })

    describe('closing', () => {
      test('twice is closing once', ({ stage }) => {
        const { store, backend } = application(stage)
        counterOf(store, jobs, key('a')).inc(1)
        backend.close?.()
        expect(() => backend.close?.()).not.toThrow()
      })
    })

    /** An application of one process. */
    function application(stage: Stage) {
      return begin(stage, create(stage))
    }
  })
}

/** One more process of an application. */
function begin(stage: Stage, next: () => Backend) {
  const backend = next()
  stage.after(() => backend.close?.())
  const source = backend.openSource()
  stage.after(() => source.close())
  return { backend, store: backend.openStore(), reader: new Reader(source) }
}

/** One series of every type and mode. */
function fill(store: Store): void {
  counterOf(store, jobs, key('a')).inc(3)
  histogramOf(store, seconds, key('a')).observe(0.5)
  histogramOf(store, seconds, key('a')).observe(20)
  for (const mode of ['all', 'sum', 'min', 'max', 'livesum', 'liveall', 'livemin', 'livemax'] as const) {
    gaugeOf(store, `level_${mode}`, mode, key('a')).set(4)
  }
  gaugeOf(store, 'latest', 'mostrecent', key('a')).set(5)
}

function expectFilled(scrape: Exposition, more: number): void {
  expect(scrape.value('jobs_total{text="a"}')).toBe(3 + more)
  expect(scrape.value('duration_seconds_sum{text="a"}')).toBe(20.5)
  expect(scrape.value('duration_seconds_bucket{text="a",le="1"}')).toBe(1)
  expect(scrape.value('duration_seconds_bucket{text="a",le="+Inf"}')).toBe(2)
  for (const mode of ['sum', 'min', 'max', 'livesum', 'livemin', 'livemax']) {
    expect(scrape.labelled(`level_${mode}`), mode).toEqual({ 'text="a"': 4 })
  }
  for (const mode of ['all', 'liveall']) expect(Object.values(scrape.labelled(`level_${mode}`)), mode).toEqual([4])
  expect(scrape.value('latest{text="a"}')).toBe(5)
}

function exemplarsOf({ exemplars }: WriterSnapshot): readonly PlacedExemplar[] {
  return [...(exemplars?.() ?? [])].sort((a, b) => a.slot - b.slot)
}
