import { expect, test } from 'vitest'
import { Totals } from '../../src/gather/totals.js'

test('runs of slots follow one another, and slot 0 belongs to no series', () => {
  const totals = new Totals()
  expect([totals.allocate(1), totals.allocate(3), totals.allocate(2)]).toEqual([1, 2, 5])
})

test('growing preserves the values', () => {
  const totals = new Totals()
  const first = totals.allocate(1)
  totals.slots[first] = 7
  const large = totals.allocate(10_000)
  totals.slots[large + 9999] = 9
  expect([totals.slots[first], totals.slots[large + 9999]]).toEqual([7, 9])
})

test('clearing leaves every slot at 0', () => {
  const totals = new Totals()
  const at = totals.allocate(5000)
  totals.slots.fill(1, 0, at + 5000)
  totals.clear()
  expect(totals.slots.every((slot) => slot === 0)).toBe(true)
})
