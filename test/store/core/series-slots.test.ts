import { expect, test } from 'vitest'
import { numbersOf } from '../../../src/model/series-index/series-numbers.js'
import { SeriesSlots } from '../../../src/store/core/series-slots.js'
import { counterFamily } from '../../helpers/writers.js'

const family = () => counterFamily('jobs_total', { labelNames: ['a'] })

test('a series has a slot, the first one too, until it is deleted', () => {
  const slots = new SeriesSlots(family())
  slots.set('["x"]', 0)
  slots.set('["y"]', 7)
  slots.set('["y"]', 8)
  expect([...slots]).toEqual([
    ['["x"]', 0],
    ['["y"]', 8],
  ])
  expect([slots.get('["x"]'), slots.has('["z"]'), slots.size]).toEqual([0, false, 2])
  slots.delete('["x"]')
  slots.delete('["x"]')
  expect([slots.get('["x"]'), slots.size]).toEqual([undefined, 1])
})

test('a series stays known to the metric that still counts it, and is forgotten with the last of them', () => {
  const shared = family()
  const slots = new SeriesSlots(shared)
  const numbers = numbersOf(shared)
  slots.set('["x"]', 1)
  const number = numbers.hold(['x'])
  slots.delete('["x"]')
  expect(numbers.numberOf(['x'])).toBe(number)
  numbers.letGo(number)
  expect(numbers.numberOf(['x'])).toBe(0)
})
