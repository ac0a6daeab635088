import { expect, test } from 'vitest'
import { counterLayout } from '../../../src/model/layout/counter.js'
import { area, areaOf } from '../../helpers/slots.js'

test('a counter is one slot, and merging is addition', () => {
  const merged = area(3)
  counterLayout.combine(merged.values, 1, Float64Array.of(0, 0, 5), 2, { live: false, epoch: 1, now: 0 })
  counterLayout.combine(merged.values, 1, Float64Array.of(7), 0, { live: true, epoch: 1, now: 0 })
  expect([...merged.values]).toEqual([0, 12, 0])
  expect(counterLayout).toMatchObject({ width: 1, mergedWidth: 1, additiveFrom: 0, keepsDead: true, perWriter: false })
})

test('the next owner of a seat counts on from the total', () => {
  const slots = areaOf(41)
  counterLayout.claim(slots, 0, 2)
  expect([...slots.values]).toEqual([41])
})

test('carrying a counter to another store adds its value', () => {
  const there = areaOf(0, 3)
  counterLayout.carry(there, 1, areaOf(4), 0, 1, 0)
  expect([...there.values]).toEqual([0, 7])
})

test('a counter at 0 is a value to show', () => {
  expect(counterLayout.present(new Float64Array(1), 0)).toBe(true)
})
