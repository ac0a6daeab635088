import { describe, expect, test } from 'vitest'
import type { FamilyDescriptor } from '../../../src/model/descriptor.js'
import { quantileOf, sketchOf, summaryLayout, summarySlots } from '../../../src/model/layout/summary.js'
import { summaryFamily } from '../../helpers/families.js'
import { area, areaOf } from '../../helpers/slots.js'

const plain = summaryFamily('s')
const layout = summaryLayout(plain)
const medians = summaryFamily('m', { quantiles: [0.5] })
const bins = sketchOf(medians)!.bins

/** The merged slots of one series that observed these values. */
function observed(family: FamilyDescriptor<'summary'>, ...values: number[]): Float64Array {
  const merged = new Float64Array(summaryLayout(family).mergedWidth)
  for (const value of values) {
    merged[0]! += value
    merged[1]! += 1
    merged[2 + sketchOf(family)!.binOf(value)]! += 1
  }
  return merged
}

test('a summary is a sequence number, the sum and the count', () => {
  expect(layout).toMatchObject({ width: 3, mergedWidth: 2, additiveFrom: 1, sequenced: true, keepsDead: true })
  expect(layout.perWriter).toBe(false)
  expect(summarySlots).toEqual({ sequence: 0, sum: 1, count: 2, bins: 3 })
})

test('has bins after them only if quantiles are shown, fewer for a larger error', () => {
  expect(summaryLayout(medians)).toMatchObject({ width: 3 + bins, mergedWidth: 2 + bins, additiveFrom: 1 })
  expect(bins).toBe(1728)
  expect(sketchOf(summaryFamily('m', { quantiles: [0.5], relativeError: 0.05 }))!.bins).toBe(347)
  expect(sketchOf(plain)).toBeUndefined()
})

test('merging adds, except the sequence number', () => {
  const merged = area(4)
  layout.combine(merged.values, 1, Float64Array.of(99, 1.5, 2), 0, { live: false, epoch: 1, now: 0 })
  layout.combine(merged.values, 1, Float64Array.of(0, 77, 3, 1), 1, { live: true, epoch: 1, now: 0 })
  expect([...merged.values]).toEqual([0, 4.5, 3, 0])
})

test('a record that a killed writer left odd becomes even once, and keeps its numbers', () => {
  const slots = areaOf(0, 1.5, 1)
  slots.words[0] = 7
  layout.claim(slots, 0, 2)
  layout.claim(slots, 0, 2)
  expect(slots.words[0]).toBe(8)
  expect([...slots.values.subarray(1)]).toEqual([1.5, 1])
})

test('carrying a summary to another store adds its counts, bins included, as one record', () => {
  const here = area(3 + bins)
  here.values.set(observed(medians, 1, 2), 1)
  const there = area(3 + bins)
  there.values.set(observed(medians, 2, 3), 1)
  summaryLayout(medians).carry(there, 0, here, 0, 1, 0)
  expect(there.values.subarray(1)).toEqual(observed(medians, 1, 2, 2, 3))
  expect(there.words[0]).toBe(2)
})

test('a summary without observations is a value to show', () => {
  expect(layout.present(new Float64Array(2), 0)).toBe(true)
})

describe('a quantile', () => {
  test('of nothing is NaN, and so is any of a summary that has no bins', () => {
    expect(quantileOf(medians, observed(medians), 0, 0.5)).toBeNaN()
    expect(quantileOf(plain, Float64Array.of(5, 1), 0, 0.5)).toBeNaN()
  })

  test.each([
    [0, 1],
    [0.25, 2],
    [0.5, 3],
    [0.6, 3],
    [0.61, 4],
    [0.75, 4],
    [1, 5],
  ])('%d of 1 to 5 is %d, within the error', (q, expected) => {
    const shown = quantileOf(medians, observed(medians, 5, 1, 3, 2, 4), 0, q)
    expect(Math.abs(shown - expected) / expected).toBeLessThanOrEqual(0.01)
  })

  test('is found at any position of the series', () => {
    const own = observed(medians, 7)
    const slots = new Float64Array(own.length + 9)
    slots.set(own, 4)
    expect(quantileOf(medians, slots, 4, 0.5)).toBe(quantileOf(medians, own, 0, 0.5))
  })

  test('counts the bins, for a killed writer may have left the count beside them higher', () => {
    const slots = observed(medians, 1, 2, 3)
    slots[1]! += 2
    expect(quantileOf(medians, slots, 0, 1)).toBe(quantileOf(medians, observed(medians, 3, 3), 0, 1))
  })

  test.each([100, -5, 5e12])('is the observation %d itself if there is no other', (value) => {
    const slots = observed(medians, value)
    expect(quantileOf(medians, slots, 0, 0.5)).toBe(value)
    // The bin of a second observation is missing: which of the two is counted is not known.
    slots[1]! += 1
    expect(quantileOf(medians, slots, 0, 0.5)).not.toBe(value)
  })
})
