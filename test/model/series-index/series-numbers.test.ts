import { describe, expect, test } from 'vitest'
import { numbersOf, SeriesNumbers } from '../../../src/model/series-index/series-numbers.js'
import { counterFamily } from '../../helpers/writers.js'

function withSeries(...series: readonly (readonly (string | null)[])[]) {
  const numbers = new SeriesNumbers(['a', 'b'])
  return { numbers, held: series.map((texts) => numbers.hold(texts)) }
}

describe('a series', () => {
  test('is found by its texts, and no other is', () => {
    const { numbers, held } = withSeries(['1', 'x'], ['1', 'y'], ['x', '1'])
    expect(held).toEqual([1, 2, 3])
    expect(numbers.numberOf(['1', 'y'])).toBe(2)
    expect(numbers.numberOf(['x', '1'])).toBe(3)
    expect(numbers.numberOf(['x', 'y'])).toBe(0)
    expect(numbers.textsOf(2)).toEqual(['1', 'y'])
  })

  test('is found by labels as they were passed, once they lead to it', () => {
    const { numbers, held } = withSeries(['200', 'true'])
    const forms = { a: 200, b: true }
    expect(numbers.find(forms)).toBe(0)
    numbers.alias(forms, held[0]!)
    expect(numbers.find(forms)).toBe(1)
    expect(numbers.find({ a: '200', b: true })).toBe(1)
    expect(numbers.find({ b: true, a: 200 })).toBe(0)
    expect(numbers.findByName({ b: true, a: 200 })).toBe(1)
    expect(numbers.find({ a: 200 })).toBe(0)
  })

  test('with an empty label is another than one that lacks it, whatever form leads to either', () => {
    const { numbers, held } = withSeries([null, 'x'], ['', 'x'])
    numbers.alias({ a: '', b: 'x' }, held[0]!)
    expect(numbers.find({ a: '', b: 'x' })).toBe(1)
    expect(numbers.numberOf([null, 'x'])).toBe(1)
    expect(numbers.numberOf(['', 'x'])).toBe(2)
  })

  test('is not found by an object: there may be a new one each time', () => {
    const { numbers, held } = withSeries(['1', 'x'])
    const labels = { a: { toString: () => '1' }, b: 'x' }
    numbers.alias(labels, held[0]!)
    expect(numbers.find(labels)).toBe(0)
  })

  test('keeps its number until it is released by all; then another gets it, and no form leads there', () => {
    const { numbers } = withSeries(['200', 'x'])
    expect(numbers.hold(['200', 'x'])).toBe(1)
    for (const form of [200, undefined, null]) numbers.alias({ a: form, b: 'x' }, 1)
    numbers.release(1)
    expect(numbers.find({ a: 200, b: 'x' })).toBe(1)
    numbers.release(1)
    expect(numbers.numberOf(['200', 'x'])).toBe(0)
    expect(numbers.hold(['300', 'y'])).toBe(1)
    for (const form of ['200', 200, undefined, null]) expect(numbers.find({ a: form, b: 'y' })).toBe(0)
  })

  test('that very many hold keeps its number permanently', () => {
    const { numbers } = withSeries(['1', 'x'])
    for (let i = 0; i < 1000; i++) numbers.hold(['1', 'x'])
    for (let i = 0; i < 1001; i++) numbers.release(1)
    expect(numbers.numberOf(['1', 'x'])).toBe(1)
  })
})

test('a filter selects by any of the labels', () => {
  const { numbers } = withSeries(['1', 'x'], ['2', 'x'], ['2', null])
  expect(numbers.select({ a: '2' })).toEqual([2, 3])
  expect(numbers.select({ b: 'x', a: '2' })).toEqual([2])
  expect(numbers.select({ b: null })).toEqual([3])
  expect(numbers.select({ c: '1' })).toEqual([])
  numbers.release(2)
  expect(numbers.select({})).toEqual([1, 3])
})

test('series that come and go at random are those of a map', () => {
  const numbers = new SeriesNumbers(['a', 'b', 'c'])
  const model = new Map<string, { texts: readonly (string | null)[]; number: number }>()
  let seed = 7
  const random = (below: number): number => (seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff) % below
  for (let i = 0; i < 20_000; i++) {
    const texts = [String(random(40)), random(5) === 0 ? null : `b${random(9)}`, String(random(3))]
    const known = model.get(texts.join())
    expect(numbers.numberOf(texts)).toBe(known?.number ?? 0)
    // More come than go for a while, and then the other way round.
    const comes = random(10) < (i % 8000 < 5000 ? 7 : 2)
    if (known === undefined && comes) model.set(texts.join(), { texts, number: numbers.hold(texts) })
    else if (known !== undefined && !comes) {
      numbers.release(known.number)
      model.delete(texts.join())
    }
  }
  expect(new Set([...model.values()].map(({ number }) => number)).size).toBe(model.size)
  for (const { texts, number } of model.values()) expect(numbers.textsOf(number)).toEqual(texts)
  expect(numbers.select({}).length).toBe(model.size)
})

test('a metric and a store that know a family by one descriptor share its numbers', () => {
  const family = counterFamily('jobs_total')
  expect(numbersOf(family)).toBe(numbersOf(family))
  expect(numbersOf({ ...family })).not.toBe(numbersOf(family))
})
