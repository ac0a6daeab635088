import { describe, expect, test } from 'vitest'
import { checkBounds, defaultBounds, exponentialBuckets, linearBuckets } from '../../src/model/bounds.js'
import { faultOf } from '../helpers/fault.js'

describe('bucket bounds', () => {
  test('are those of every official client by default', () => {
    expect(checkBounds('x', undefined)).toBe(defaultBounds)
    expect(defaultBounds).toEqual([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])
  })

  test.each([
    [
      [1, 2],
      [1, 2],
    ],
    [
      [-1, 0, 1e-9],
      [-1, 0, 1e-9],
    ],
    [[1, Number.POSITIVE_INFINITY], [1]],
    [[Number.POSITIVE_INFINITY], []],
    [[], []],
  ])('of %j are %j: +Inf is implied and may be included', (given, kept) => {
    expect(checkBounds('x', given)).toEqual(kept)
  })

  test('are a copy: the array of the application may change', () => {
    const given = [1, 2]
    const kept = checkBounds('x', given)
    given.push(0)
    expect(kept).toEqual([1, 2])
  })

  test.each([
    ['unsorted', [1, 3, 2], 'must ascend: 3 comes before 2; sort them'],
    ['with the same bound twice', [1, 1], 'bound 1 is given twice'],
    ['with NaN', [1, Number.NaN], 'bound NaN is not a finite number'],
    ['with -Infinity', [Number.NEGATIVE_INFINITY, 1], 'bound -Infinity is not a finite number'],
    ['with Infinity in the middle', [1, Number.POSITIVE_INFINITY, 2], 'bound Infinity is not a finite number'],
    ['with Infinity twice', [1, Infinity, Infinity], 'bound Infinity is not a finite number'],
    ['with a text', ['1', 2], 'bound "1" is not a finite number'],
    ['with null', [null], 'bound null is not a finite number'],
    ['that are not an array', { 0: 1 }, 'must be an array of upper bounds, got an object'],
    ['that are null', null, 'must be an array of upper bounds, got null'],
  ])('%s are refused, and the error names the fault', (_, bounds, text) => {
    expect(faultOf(() => checkBounds('seconds', bounds))).toMatch(/^BUCKETS_INVALID: seconds: bucket/)
    expect(faultOf(() => checkBounds('seconds', bounds))).toContain(text)
  })
})

describe('bucket generators', () => {
  test('count in even steps or in powers', () => {
    expect(linearBuckets(0, 50, 4)).toEqual([0, 50, 100, 150])
    expect(exponentialBuckets(1, 2, 5)).toEqual([1, 2, 4, 8, 16])
  })

  test.each([
    ['no buckets', () => linearBuckets(0, 1, 0), 'linearBuckets: count must be above 0, got 0'],
    ['a negative count', () => exponentialBuckets(1, 2, -1), 'exponentialBuckets: count must be above 0, got -1'],
    ['a start of 0', () => exponentialBuckets(0, 2, 1), 'exponentialBuckets: start must be above 0, got 0'],
    ['a factor of 1', () => exponentialBuckets(1, 1, 2), 'exponentialBuckets: factor must be above 1, got 1'],
    ['a count that is NaN', () => linearBuckets(0, 1, Number.NaN), 'linearBuckets: count must be above 0, got NaN'],
  ])('refuse %s', (_, generate, text) => {
    expect(faultOf(generate)).toBe(`BUCKETS_INVALID: ${text}`)
  })
})
