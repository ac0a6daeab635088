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

test('what a file told of is known by the numbers of the metric that counts it on', () => {
  const slots = new SeriesSlots(family())
  for (let i = 0; i < 100; i++) slots.set(JSON.stringify([`x${i}`]), i)
  const ofMetric = family()
  numbersOf(ofMetric).hold(['x50'])
  slots.follow(ofMetric)
  expect(slots.size).toBe(100)
  expect(slots.get('["x50"]')).toBe(50)
  expect([...slots][0]).toEqual(['["x50"]', 50])
})
