import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Registry, Summary } from '../../src/index.js'
import type { FamilyDescriptor } from '../../src/model/descriptor.js'
import { quantileOf } from '../../src/model/layout/summary.js'
import { freshDirectory, mergedOf, TestProcess } from '../helpers/homes.js'
import { holds } from '../helpers/property.js'
import { shown } from '../helpers/samples.js'

const quantiles = [0, 0.5, 1]
/** A window of 100 s in five parts, each of which begins at a multiple of 20 s. */
const window = { maxAgeSeconds: 100, ageBuckets: 5 }
const start = Date.UTC(2026, 0, 1)

/** Sets the clock to this number of seconds after `start`. */
function clock(seconds: number): void {
  vi.setSystemTime(start + seconds * 1000)
}

function observing(options: object = {}, directory?: string) {
  const process = directory === undefined ? undefined : new TestProcess(directory)
  const registry = process?.registry ?? new Registry()
  const given = { quantiles, ...window, ...options, registers: [registry] }
  return { process, registry, summary: new Summary({ name: 's', help: 'S.', ...given }) }
}

/** The same, by route. */
function routes(options: object, directory: string) {
  const { process, registry, summary } = observing({ labelNames: ['route'], ...options }, directory)
  return { process, registry, summary: summary as unknown as Summary<'route'> }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  clock(0)
})
afterEach(() => {
  vi.useRealTimers()
})

/** Of the quantiles 0 and 1, which are the smallest and the largest value of the window, and of sum and count. */
async function extent({ registry }: ReturnType<typeof observing>): Promise<object> {
  const lines = (await shown(registry)) as Record<string, number>
  const round = (value: number): number => Math.round(value)
  return {
    least: round(lines['s{quantile="0"}']!),
    most: round(lines['s{quantile="1"}']!),
    sum: lines.s_sum,
    count: lines.s_count,
  }
}

describe('a summary with a sliding window', () => {
  test('shows quantiles of the window, and sum and count of everything', async () => {
    const own = observing()
    own.summary.observe(1)
    clock(30)
    own.summary.observe(2)
    clock(99)
    expect(await extent(own)).toEqual({ least: 1, most: 2, sum: 3, count: 2 })
    clock(100)
    expect(await extent(own)).toEqual({ least: 2, most: 2, sum: 3, count: 2 })
    own.summary.observe(5)
    expect(await extent(own)).toEqual({ least: 2, most: 5, sum: 8, count: 3 })
  })

  test('shows NaN when nothing was observed in the window, without a write', async () => {
    const own = observing()
    expect(await extent(own)).toEqual({ least: Number.NaN, most: Number.NaN, sum: 0, count: 0 })
    own.summary.observe(1)
    clock(120)
    expect(await extent(own)).toEqual({ least: Number.NaN, most: Number.NaN, sum: 1, count: 1 })
  })

  test('is within 2 % of the true quantile, or as chosen', async () => {
    for (const relativeError of [undefined, 0.001]) {
      const own = observing({ relativeError })
      for (let i = 1; i <= 1001; i++) own.summary.observe(i)
      const lines = (await shown(own.registry)) as Record<string, number>
      expect(Math.abs(lines['s{quantile="0.5"}']! - 501)).toBeLessThanOrEqual(501 * (relativeError ?? 0.02))
    }
  })

  test('observes by label, held or not, each series with a window of its own', async () => {
    const registry = new Registry()
    const registers = [registry]
    const labelNames = ['route'] as const
    const summary = new Summary({ name: 's', help: 'S.', quantiles: [1], ...window, labelNames, registers })
    const held = summary.labels({ route: 'a' })
    held.observe(1)
    summary.observe({ route: 'b' }, 2)
    clock(90)
    held.observe(3)
    summary.labels({ route: 'b' }).startTimer()()
    clock(110)
    const lines = (await shown(registry)) as Record<string, number>
    expect(lines['s{route="a",quantile="1"}'] ?? lines['s{quantile="1",route="a"}']).toBeCloseTo(3, 0)
    expect(lines['s_sum{route="a"}']).toBe(4)
    expect(lines['s_count{route="b"}']).toBe(2)
  })

  test('resets, quantiles and all', async () => {
    const own = observing()
    own.summary.observe(1)
    own.summary.reset()
    expect(await extent(own)).toEqual({ least: Number.NaN, most: Number.NaN, sum: 0, count: 0 })
    own.summary.observe(4)
    expect(await extent(own)).toEqual({ least: 4, most: 4, sum: 4, count: 1 })
  })

  test('of two processes is one window, whatever part of it each has counted in', async () => {
    const directory = freshDirectory()
    const [a, b] = [observing({}, directory), observing({}, directory)]
    a.summary.observe(1)
    clock(90)
    b.summary.observe(9)
    expect(await extent(a)).toEqual({ least: 1, most: 9, sum: 10, count: 2 })
    expect(await extent(b)).toEqual({ least: 1, most: 9, sum: 10, count: 2 })
    a.process?.end()
    expect(await extent(b)).toEqual({ least: 1, most: 9, sum: 10, count: 2 })
    clock(100)
    expect(await extent(b)).toEqual({ least: 9, most: 9, sum: 10, count: 2 })
  })

  test('keeps sum and count when the clock is set back and forth', async () => {
    const own = observing()
    for (const [i, seconds] of [0, 3600, 50, -86_400, 120, 7200, 130].entries()) {
      clock(seconds)
      own.summary.observe(10 + i)
      expect(await extent(own)).toMatchObject({ count: i + 1 })
    }
    expect(await extent(own)).toEqual({ least: 12, most: 16, sum: 91, count: 7 })
  })

  test('is another metric than one with another window; the newer is shown, and both are named', async () => {
    const directory = freshDirectory()
    const [a, b] = [observing({}, directory), observing({ ageBuckets: 4 }, directory)]
    a.summary.observe(1)
    b.summary.observe(2)
    const errors: string[] = []
    b.process?.configure({ onError: ({ message }) => errors.push(message) })
    expect(await extent(b)).toMatchObject({ count: 1, sum: 2 })
    expect(errors.join()).toMatch(/s is defined twice in this application: ageBuckets [45] and [45]/)
  })

  test.each([
    ['maxAgeSeconds', { ageBuckets: undefined }],
    ['ageBuckets', { maxAgeSeconds: undefined }],
  ])('is one without a window if only %s is passed, as in prom-client', async (_, options) => {
    const own = observing(options)
    own.summary.observe(1)
    clock(1e6)
    expect(await extent(own)).toEqual({ least: 1, most: 1, sum: 1, count: 1 })
    expect(own.summary.family).toMatchObject({ relativeError: 0.01 })
    expect(own.summary.family).not.toHaveProperty('window')
  })

  test('without quantiles is a summary like any other', () => {
    const { family } = observing({ quantiles: [] }).summary
    expect(family).toMatchObject({ quantiles: [], relativeError: 0.01 })
    expect(family).not.toHaveProperty('window')
  })
})

test('quantiles over many processes are those of one process, whenever each observed', async () => {
  const value = fc.double({ min: 1e-3, max: 1e3, noNaN: true })
  const observation = fc.record({ value, process: fc.nat({ max: 3 }), wait: fc.integer({ min: 0, max: 15 }) })
  const data = fc.array(observation, { minLength: 1, maxLength: 60 })
  await holds(
    fc.asyncProperty(data, fc.nat({ max: 150 }), async (given, later) => {
      const [many, one] = [Array.from({ length: 4 }, inMemory), inMemory()]
      let seconds = 0
      for (const { value, process, wait } of given) {
        clock((seconds += wait))
        many[process]!.summary.observe(value)
        one.summary.observe(value)
      }
      clock(seconds + later)
      expect(await quantilesOf(...many)).toEqual(await quantilesOf(one))
    }),
  )
})

function inMemory() {
  const process = new TestProcess()
  const registers = [process.registry]
  return { process, summary: new Summary({ name: 's', help: 'S.', quantiles, ...window, registers }) }
}

async function quantilesOf(...observers: readonly ReturnType<typeof inMemory>[]): Promise<readonly number[]> {
  const { tables } = await mergedOf(observers.map(({ process }) => process))
  const { family, slots, bases } = tables[0]!
  return quantiles.map((q) => quantileOf(family as FamilyDescriptor<'summary'>, slots, bases[0]!, q))
}

describe('pruneAgedBuckets', () => {
  test('removes a series when no process has observed in it for the length of the window', async () => {
    vi.useRealTimers()
    const directory = freshDirectory()
    const options = { maxAgeSeconds: 0.5, ageBuckets: 5, pruneAgedBuckets: true }
    const [a, b] = [routes(options, directory), routes(options, directory)]
    a.summary.observe({ route: 'idle' }, 1)
    b.summary.observe({ route: 'idle' }, 1)
    const startedAt = performance.now()
    let observedAt = startedAt
    // A machine that stops this process for as long as the window removes the busy series as well.
    let isBusy = true
    for (let i = 0; ; i++) {
      const lines = (await shown(a.registry)) as Record<string, number>
      const now = performance.now()
      isBusy &&= now - observedAt < 400
      if (i > 0 && isBusy) expect(lines['s_count{route="busy"}']).toBe(i)
      if (lines['s_count{route="idle"}'] === undefined) {
        expect(now - startedAt).toBeGreaterThan(450)
        break
      }
      expect(lines['s_count{route="idle"}']).toBe(2)
      expect(now - startedAt).toBeLessThan(30_000)
      b.summary.observe({ route: 'busy' }, 1)
      observedAt = performance.now()
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const lines = (await shown(b.registry)) as Record<string, number>
    expect(lines['s_count{route="idle"}']).toBeUndefined()
    a.summary.observe({ route: 'idle' }, 7)
    expect(await shown(b.registry)).toMatchObject({ 's_count{route="idle"}': 1, 's_sum{route="idle"}': 7 })
  })

  test('is expireAfter, of which the shorter applies; without a window it does nothing', () => {
    const seconds = (options: object) => observing({ pruneAgedBuckets: true, ...options }).summary.expireAfter
    expect(seconds({})).toBe(100)
    expect(seconds({ expireAfter: 30 })).toBe(30)
    expect(seconds({ expireAfter: 300 })).toBe(100)
    expect(seconds({ ageBuckets: undefined })).toBeUndefined()
    expect(seconds({ maxAgeSeconds: undefined })).toBeUndefined()
    expect(seconds({ pruneAgedBuckets: false })).toBeUndefined()
  })
})
