import { describe, expect, test } from 'vitest'
import { gaugeLayout, gaugeValueSlot } from '../../../src/model/layout/gauge.js'
import type { GaugeMode } from '../../../src/model/metric-type.js'
import { area, areaOf, mergedValue } from '../../helpers/slots.js'

/** A series of a gauge that an owner of the seat has claimed and set. */
function written(mode: GaugeMode, epoch: number, value: number, slots = area(5)): Float64Array {
  gaugeLayout(mode).claim(slots, 0, epoch)
  slots.values[gaugeValueSlot(mode, slots.values, 0)] = value
  return slots.values
}

/** A `mostrecent` series: its value at a time. */
function setAt(seconds: number, value: number, epoch = 1): Float64Array {
  return Float64Array.of(0, epoch, seconds, value)
}

describe('of several writers', () => {
  test.each<[GaugeMode, number]>([
    ['livesum', 6],
    ['livemin', 1],
    ['livemax', 3],
    ['liveaverage', 2],
  ])('%s shows living processes only', (mode, expected) => {
    const writers = [3, 1, 2].map((value) => ({ slots: written(mode, 1, value), live: true, epoch: 1 }))
    const dead = { slots: written(mode, 1, 100), live: false, epoch: 1 }
    const deadLow = { slots: written(mode, 1, -100), live: false, epoch: 1 }
    expect(mergedValue(gaugeLayout(mode), [dead, ...writers, deadLow])).toBe(expected)
  })

  test.each<[GaugeMode, number]>([
    ['sum', 6],
    ['min', 1],
    ['max', 3],
  ])('%s counts dead processes as well', (mode, expected) => {
    const writers = [3, 1, 2].map((value, i) => ({ slots: written(mode, 1, value), live: i === 1, epoch: 1 }))
    expect(mergedValue(gaugeLayout(mode), writers)).toBe(expected)
  })

  test.each<GaugeMode>(['all', 'liveall'])('%s keeps a series each', (mode) => {
    expect(gaugeLayout(mode).perWriter).toBe(true)
  })

  test('mostrecent shows the last value that was set, by any process', () => {
    const layout = gaugeLayout('mostrecent')
    const early = { slots: setAt(10, 1), live: true, epoch: 1 }
    const late = { slots: setAt(20, 2), live: false, epoch: 1 }
    expect(mergedValue(layout, [early, late])).toBe(2)
    expect(mergedValue(layout, [late, early])).toBe(2)
  })

  test('livemostrecent shows what a living one set last', () => {
    const layout = gaugeLayout('livemostrecent')
    const early = { slots: setAt(10, 1), live: true, epoch: 1 }
    const dead = { slots: setAt(20, 2), live: false, epoch: 1 }
    const beforeTakeOver = { slots: setAt(30, 3, 1), live: true, epoch: 2 }
    expect(mergedValue(layout, [early, dead, beforeTakeOver])).toBe(1)
  })

  test('liveaverage divides the sum once: no rounding adds up', () => {
    const writers = [0.1, 0.2, 0.3, 0.7].map((value) => ({
      slots: written('liveaverage', 1, value),
      live: true,
      epoch: 1,
    }))
    expect(mergedValue(gaugeLayout('liveaverage'), writers)).toBe((0.1 + 0.2 + 0.3 + 0.7) / 4)
  })

  test('of two values set at the same time the later seat is shown', () => {
    const writers = [1, 2].map((value) => ({ slots: setAt(10, value), live: true, epoch: 1 }))
    expect(mergedValue(gaugeLayout('mostrecent'), writers)).toBe(2)
  })

  test.each<GaugeMode>(['mostrecent', 'livemostrecent'])('%s has no value until it is set', (mode) => {
    const slots = area(4)
    gaugeLayout(mode).claim(slots, 0, 1)
    expect(mergedValue(gaugeLayout(mode), [{ slots: slots.values, live: true, epoch: 1 }])).toBeUndefined()
  })
})

describe('when a seat changes hands', () => {
  test.each<GaugeMode>(['livesum', 'livemin', 'livemax', 'liveaverage', 'liveall', 'livemostrecent'])(
    'a value under %s is not shown for its new owner',
    (mode) => {
      const slots = mode === 'livemostrecent' ? setAt(10, 5, 1) : written(mode, 1, 5)
      expect(mergedValue(gaugeLayout(mode), [{ slots, live: true, epoch: 2 }])).toBeUndefined()
    },
  )

  test.each<GaugeMode>(['all', 'livesum', 'livemin', 'livemax', 'liveaverage', 'liveall'])('%s begins at 0', (mode) => {
    const slots = area(5)
    written(mode, 1, 5, slots)
    gaugeLayout(mode).claim(slots, 0, 2)
    expect(mergedValue(gaugeLayout(mode), [{ slots: slots.values, live: true, epoch: 2 }])).toBe(0)
  })

  test('all shows the value of a dead process until the series is claimed', () => {
    const slots = written('all', 1, 5)
    expect(mergedValue(gaugeLayout('all'), [{ slots, live: true, epoch: 2 }])).toBe(5)
  })

  test.each<[GaugeMode, number]>([
    ['sum', 8],
    ['min', -2],
    ['max', 7],
  ])('%s keeps the values of all that died on the seat', (mode, expected) => {
    const slots = area(5)
    for (const [i, value] of [3, -2, 7].entries()) written(mode, i + 1, value, slots)
    expect(mergedValue(gaugeLayout(mode), [{ slots: slots.values, live: true, epoch: 3 }])).toBe(expected)
  })

  test.each<GaugeMode>(['all', 'sum', 'min', 'max', 'livesum', 'livemin', 'livemax', 'liveall'])(
    'claiming %s again as the same owner changes nothing',
    (mode) => {
      const slots = area(5)
      written(mode, 1, 3, slots)
      written(mode, 2, 4, slots)
      const before = slots.values.slice()
      gaugeLayout(mode).claim(slots, 0, 2)
      expect(slots.values).toEqual(before)
    },
  )

  test('a mostrecent record that was left odd becomes even, and keeps its value', () => {
    const slots = areaOf(0, 1, 10, 5)
    slots.words[0] = 3
    gaugeLayout('mostrecent').claim(slots, 0, 2)
    expect(slots.words[0]).toBe(4)
    expect([...slots.values.subarray(1)]).toEqual([1, 10, 5])
  })
})

describe('carried to another store', () => {
  test.each<GaugeMode>(['all', 'sum', 'min', 'max', 'livesum', 'livemin', 'livemax', 'liveall'])(
    'the value of a gauge under %s continues',
    (mode) => {
      const here = area(5)
      written(mode, 1, 5, here)
      const there = area(5)
      gaugeLayout(mode).claim(there, 0, 3)
      gaugeLayout(mode).carry(there, 0, here, 0, 3, 0)
      expect(mergedValue(gaugeLayout(mode), [{ slots: there.values, live: true, epoch: 3 }])).toBe(5)
    },
  )

  test.each<GaugeMode>(['mostrecent', 'livemostrecent'])('under %s the later value is kept', (mode) => {
    const layout = gaugeLayout(mode)
    for (const [hereAt, shown] of [
      [10, 2],
      [30, 1],
    ] as const) {
      const there = areaOf(0, 7, 20, 2)
      layout.carry(there, 0, areaOf(0, 1, hereAt, 1), 0, 7, 0)
      expect(mergedValue(layout, [{ slots: there.values, live: true, epoch: 7 }])).toBe(shown)
    }
  })
})

test('a sum that is counted elsewhere is subtracted from what dead owners left, and the value stays', () => {
  const slots = area(5)
  written('sum', 1, 5, slots)
  const before = written('sum', 2, 3, slots).slice()
  const layout = gaugeLayout('sum')
  slots.values[gaugeValueSlot('sum', slots.values, 0)] = 4
  layout.deduct!(slots, 0, before)
  expect(slots.values[gaugeValueSlot('sum', slots.values, 0)]).toBe(4)
  expect(mergedValue(layout, [{ slots: slots.values, live: true, epoch: 2 }])).toBe(1)
  // Twice elsewhere, and once subtracted.
  const elsewhere = areaOf(...slots.values)
  layout.together!(elsewhere, areaOf(...before))
  written('sum', 2, 10, slots)
  slots.values[gaugeValueSlot('sum', slots.values, 0) + 1] = 5
  layout.deduct!(slots, 0, elsewhere.values)
  expect(mergedValue(layout, [{ slots: slots.values, live: true, epoch: 2 }])).toBe(6)
})
