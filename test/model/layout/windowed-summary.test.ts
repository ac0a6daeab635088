import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quantileOf, ringOf, sketchOf, summaryLayout } from '../../../src/model/layout/summary.js'
import { wordsOf } from '../../../src/model/layout/window-ring.js'
import { windowedSlots } from '../../../src/model/layout/windowed-summary.js'
import { summaryFamily } from '../../helpers/families.js'
import { holds } from '../../helpers/property.js'
import { area, statesOf } from '../../helpers/slots.js'

/** A window of 100 s in five parts of 20 s each. */
const family = summaryFamily('s', { quantiles: [0, 0.5, 1], window: { maxAgeSeconds: 100, ageBuckets: 5 } })
const layout = summaryLayout(family)
const ring = ringOf(family)!
const sketch = sketchOf(family)!
/** Unix milliseconds at which an interval begins. */
const start = 1_700_000_000_000

type Area = ReturnType<typeof area>

/** Seconds from `start` on, as the clock shows them. */
const at = (seconds: number): number => start + seconds * 1000

function observe(slots: Area, seconds: number, ...observed: readonly number[]): void {
  const interval = ring.intervalAt(at(seconds))
  for (const value of observed) {
    slots.values[windowedSlots.sum]! += value
    slots.values[windowedSlots.count]! += 1
    const bucket = windowedSlots.ring + ring.offsetOf(interval)
    ring.count(slots.values, slots.words, bucket, interval, sketch.binOf(value))
  }
}

function writer(): Area {
  return area(layout.width)
}

/** The merged series of some writers, read at a moment. */
function merged(seconds: number, ...writers: readonly Area[]): Float64Array {
  const into = new Float64Array(layout.mergedWidth)
  for (const { values } of writers) layout.combine(into, 0, values, 0, { live: false, epoch: 1, now: at(seconds) })
  return into
}

/** How many observations are in the window, and the sum and count beside it. */
function shown(seconds: number, ...writers: readonly Area[]): { inside: number; sum: number; count: number } {
  const [sum, count, ...bins] = merged(seconds, ...writers)
  return { inside: bins.reduce((a, b) => a + b, 0), sum: sum!, count: count! }
}

describe('a windowed summary', () => {
  test('is the sequence number, sum, count and a sketch for each part of the window; merged, one sketch', () => {
    const slots = 3 + 5 * (1 + Math.ceil(sketch.bins / 2))
    expect(layout).toMatchObject({ width: slots, mergedWidth: 2 + sketch.bins, sequenced: true, keepsDead: true })
    expect(layout).toMatchObject({ additiveFrom: undefined, agesFrom: 2, perWriter: false })
  })

  test('is in the slots that docs/file-format.md describes', () => {
    const slots = writer()
    observe(slots, 45, 2, 2, 1e-9)
    const bytes = new DataView(slots.values.buffer)
    const interval = Math.floor((start / 1000 + 45) / 20) + 1
    const bucket = 3 + (interval % 5) * (1 + Math.ceil(sketch.bins / 2))
    const bin = Math.ceil((Math.log(2) + Math.log(1e6)) / Math.log(1.02 / 0.98))
    expect(bytes.getFloat64(8, true)).toBeCloseTo(4, 6)
    expect(bytes.getFloat64(16, true)).toBe(3)
    expect(bytes.getFloat64(bucket * 8, true)).toBe(interval)
    expect(bytes.getInt32((bucket + 1) * 8 + 4 * bin, true)).toBe(2)
    expect(bytes.getInt32((bucket + 1) * 8, true)).toBe(1)
    expect([...slots.words].filter((word) => word === 1 || word === 2)).toHaveLength(2)
  })

  test('has quantiles of the window only; sum and count are of everything', () => {
    const slots = writer()
    observe(slots, 0, 1, 2)
    observe(slots, 50, 5)
    expect(shown(60, slots)).toEqual({ inside: 3, sum: 8, count: 3 })
    expect(shown(99.999, slots)).toEqual({ inside: 3, sum: 8, count: 3 })
    expect(shown(100, slots)).toEqual({ inside: 1, sum: 8, count: 3 })
    expect(quantileOf(family, merged(100, slots), 0, 0)).toBeCloseTo(5, 0)
    expect(shown(139, slots)).toMatchObject({ inside: 1 })
    expect(shown(140, slots)).toEqual({ inside: 0, sum: 8, count: 3 })
    expect(quantileOf(family, merged(140, slots), 0, 0.5)).toBeNaN()
  })

  test('uses each bucket again when its interval is over', () => {
    const slots = writer()
    for (let seconds = 0; seconds < 1000; seconds += 10) observe(slots, seconds, 1)
    expect(shown(999, slots)).toEqual({ inside: 10, sum: 100, count: 100 })
  })

  test('merges the windows of writers at any positions, dead ones as well', () => {
    const [early, late, idle] = [writer(), writer(), writer()]
    observe(early, 5, 1)
    observe(late, 85, 3, 4)
    observe(idle, -30, 9)
    expect(shown(85, early, late, idle)).toEqual({ inside: 3, sum: 17, count: 4 })
    expect(shown(50, early, late, idle)).toMatchObject({ inside: 4 })
    expect(shown(105, early, late, idle)).toMatchObject({ inside: 2 })
  })

  describe('when the clock is set back', () => {
    test('by less than a window, shows the earlier observations', () => {
      const slots = writer()
      observe(slots, 90, 1)
      expect(shown(10, slots)).toMatchObject({ inside: 1 })
    })

    test('by an hour, omits them, keeps sum and count, and continues', () => {
      const slots = writer()
      for (let seconds = 3600; seconds < 3700; seconds += 20) observe(slots, seconds, 1)
      expect(shown(0, slots)).toEqual({ inside: 0, sum: 5, count: 5 })
      observe(slots, 0, 7)
      expect(shown(0, slots)).toEqual({ inside: 1, sum: 12, count: 6 })
      for (let seconds = 20; seconds < 100; seconds += 20) observe(slots, seconds, 7)
      expect(shown(99, slots)).toEqual({ inside: 5, sum: 40, count: 10 })
    })

    test('to before 1970, writes into its own slots', () => {
      expect(ring.intervalAt(-5)).toBe(1)
      expect(ring.offsetOf(ring.intervalAt(Number.NEGATIVE_INFINITY))).toBe(ring.stride)
    })
  })

  test('carries counts of the same interval together; of two intervals in one bucket the later stays', () => {
    const [into, from] = [writer(), writer()]
    observe(into, 0, 1)
    observe(into, 20, 1)
    observe(into, 145, 1)
    observe(from, 105, 1)
    observe(from, 25, 1, 1)
    observe(from, 45, 1)
    layout.carry(into, 0, from, 0, 1, at(145))
    expect(shown(50, into)).toMatchObject({ inside: 3 + 1 + 1, sum: 7, count: 7 })
    // Of the bucket at 0, 100: the one of 105 s. Of that at 40, 140: the one of 145 s.
    expect(into.values[windowedSlots.ring + ring.offsetOf(ring.intervalAt(at(105)))]).toBe(ring.intervalAt(at(105)))
    expect(shown(145, into)).toMatchObject({ inside: 2 })
    expect(into.words[0]! & 1).toBe(0)
  })

  test('carries counts onto a bucket of the far future, which a wrong clock has left', () => {
    const [into, from] = [writer(), writer()]
    observe(into, 36_000, 1)
    observe(from, 0, 2)
    observe(from, 72_020, 2)
    layout.carry(into, 0, from, 0, 1, at(0))
    expect(shown(0, into)).toEqual({ inside: 1, sum: 5, count: 3 })
  })

  test('subtracts counts that are stored elsewhere, by interval', () => {
    const slots = writer()
    observe(slots, 0, 1)
    observe(slots, 20, 1, 1)
    const before = slots.values.slice()
    observe(slots, 20, 1)
    observe(slots, 100, 4)
    layout.deduct!(slots, 0, before)
    expect(shown(100, slots)).toEqual({ inside: 2, sum: 5, count: 2 })
  })

  test('of which nothing is counted elsewhere stays as it is', () => {
    const slots = writer()
    observe(slots, 0, 1)
    layout.deduct!(slots, 0, new Float64Array(layout.width))
    expect(shown(0, slots)).toEqual({ inside: 1, sum: 1, count: 1 })
  })

  test('replaces all of another', () => {
    const [into, from] = [writer(), writer()]
    observe(into, 0, 1, 1, 1)
    observe(from, 20, 5)
    layout.replace(into, 0, from, 0, 1)
    expect(shown(20, into)).toEqual({ inside: 1, sum: 5, count: 1 })
  })

  test('that was killed while a bucket began again counts it for nothing', () => {
    const slots = writer()
    observe(slots, 0, 1, 2, 3)
    const late = ring.intervalAt(at(100))
    const bucket = windowedSlots.ring + ring.offsetOf(late)
    const states = statesOf(slots.values, (watched) => ring.count(watched, slots.words, bucket, late, 5))
    for (const state of states.slice(0, -1)) {
      expect(shown(0, { values: state, words: wordsOf(state) })).toMatchObject({ inside: 0 })
      expect(shown(100, { values: state, words: wordsOf(state) })).toMatchObject({ inside: 0 })
    }
    expect(shown(100, slots)).toMatchObject({ inside: 1 })
  })

  test('stops counting in a bin before its bits could be taken for NaN', () => {
    const slots = writer()
    observe(slots, 0, 1)
    const word = 2 * (windowedSlots.ring + ring.offsetOf(ring.intervalAt(at(0)))) + 2 + sketch.binOf(1)
    slots.words[word] = 2 ** 30 - 1
    observe(slots, 0, 1, 1, 1)
    expect(slots.words[word]).toBe(2 ** 30)
    layout.carry(slots, 0, { values: slots.values.slice(), words: slots.words.slice() }, 0, 1, at(0))
    expect(slots.words[word]).toBe(2 ** 30)
    expect(slots.values.every((value) => !Number.isNaN(value))).toBe(true)
  })

  test('merged, folded and carried in any order, is as one process would have it', async () => {
    const observation = fc.record({
      seconds: fc.integer({ min: 0, max: 300 }),
      value: fc.double({ min: 0.001, max: 10, noNaN: true }),
    })
    const data = fc.array(fc.record({ observation, writer: fc.nat({ max: 3 }) }), { maxLength: 100 })
    await holds(
      fc.asyncProperty(
        data,
        fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
        fc.nat({ max: 4 }),
        async (given, order, folded) => {
          const one = writer()
          const many = [writer(), writer(), writer(), writer()]
          for (const { observation: each, writer: w } of given.sort(
            (a, b) => a.observation.seconds - b.observation.seconds,
          )) {
            observe(one, each.seconds, each.value)
            observe(many[w]!, each.seconds, each.value)
          }
          // Some of them have died, in any order, and their counts are in the totals.
          const totals = writer()
          const dead = order.slice(0, folded)
          for (const i of dead) layout.carry(totals, 0, many[i]!, 0, 1, at(300))
          const alive = order.slice(folded).map((i) => many[i]!)
          for (const now of [300, 310, 350, 399]) {
            const [mine, its] = [merged(now, totals, ...alive), merged(now, one)]
            expect(mine.subarray(1)).toEqual(its.subarray(1))
            expect(mine[0]).toBeCloseTo(its[0]!, 6)
          }
        },
      ),
    )
  })
})
