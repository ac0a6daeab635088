import { expect, test } from 'vitest'
import { numbersOf } from '../../../src/model/series-index/series-numbers.js'
import { refOf } from '../../../src/model/series-ref.js'
import { SeriesSlots } from '../../../src/store/core/series-slots.js'
import { counterFamily } from '../../helpers/writers.js'

const newFamily = () => counterFamily('jobs_total', { labelNames: ['a'] })
const x = refOf(['x'])
const y = refOf(['y'])

test('a series has a slot, the first one too, until it is deleted', () => {
  const family = newFamily()
  const slots = new SeriesSlots(family)
  slots.set(family, x, 0)
  slots.set(family, y, 7)
  slots.set(family, y, 8)
  expect([...slots.of(family)].map(([{ labelValues }, slot]) => [...labelValues, slot])).toEqual([
    ['x', 0],
    ['y', 8],
  ])
  expect([...slots.all()]).toEqual([0, 8])
  expect([slots.get(family, x), slots.get(family, refOf(['z'])), slots.size]).toEqual([0, undefined, 2])
  slots.delete(family, x)
  slots.delete(family, x)
  expect([slots.get(family, x), slots.size]).toEqual([undefined, 1])
})

test('a series stays known to the metric that still counts it, and is forgotten with the last of them', () => {
  const family = newFamily()
  const slots = new SeriesSlots(family)
  const numbers = numbersOf(family)
  slots.set(family, x, 1)
  const number = numbers.hold(['x'])
  slots.delete(family, x)
  expect(numbers.numberOf(['x'])).toBe(number)
  numbers.release(number)
  expect(numbers.numberOf(['x'])).toBe(0)
})

test('a number of one descriptor means nothing in another one', () => {
  const family = newFamily()
  const slots = new SeriesSlots(family)
  slots.set(family, x, 3)
  slots.set(family, y, 4)
  const other = newFamily()
  const reference = { number: numbersOf(other).hold(['y']), labelValues: ['y'] }
  expect(reference.number).toBe(numbersOf(family).numberOf(['x']))
  expect(slots.get(other, reference)).toBe(4)
  expect([...slots.of(other)].map(([{ number }]) => number)).toEqual([0, 0])
})
