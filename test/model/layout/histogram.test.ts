import { expect, test } from 'vitest'
import { histogramLayout, histogramSlots } from '../../../src/model/layout/histogram.js'
import { area, areaOf } from '../../helpers/slots.js'

const layout = histogramLayout([1, 2])

test('a histogram is a sequence number, the sum, and a bucket per bound and one above them', () => {
  expect(layout).toMatchObject({ width: 5, mergedWidth: 4, additiveFrom: 1, sequenced: true, keepsDead: true })
  expect(histogramSlots).toEqual({ sequence: 0, sum: 1, buckets: 2 })
  expect(histogramLayout([])).toMatchObject({ width: 3, mergedWidth: 2 })
})

test('merging adds sum and buckets, and not the sequence number', () => {
  const merged = area(5)
  layout.combine(merged.values, 1, Float64Array.of(99, 1.5, 1, 1, 0), 0, { live: false, epoch: 1, now: 0 })
  layout.combine(merged.values, 1, Float64Array.of(0, 77, 3, 0, 0, 1), 1, { live: true, epoch: 1, now: 0 })
  expect([...merged.values]).toEqual([0, 4.5, 1, 1, 1])
})

test('a record that a killed writer left odd becomes even once, and keeps its numbers', () => {
  const slots = areaOf(0, 1.5, 1, 0, 0)
  slots.words[0] = 7
  layout.claim(slots, 0, 2)
  layout.claim(slots, 0, 2)
  expect(slots.words[0]).toBe(8)
  expect([...slots.values.subarray(1)]).toEqual([1.5, 1, 0, 0])
})

test('the sequence number runs on where a word ends', () => {
  const slots = area(5)
  slots.words[0] = 0x7fffffff
  layout.claim(slots, 0, 2)
  expect(slots.words[0]! & 1).toBe(0)
})

test('carrying a histogram to another store adds its counts, as one record', () => {
  const there = areaOf(0, 1, 1, 0, 0)
  layout.carry(there, 0, areaOf(0, 3.5, 0, 1, 1), 0, 1, 0)
  expect([...there.values.subarray(1)]).toEqual([4.5, 1, 1, 1])
  expect(there.words[0]).toBe(2)
})

test('a histogram without observations is a value to show', () => {
  expect(layout.present(new Float64Array(4), 0)).toBe(true)
})
