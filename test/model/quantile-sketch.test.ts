import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkQuantiles, checkRelativeError, QuantileSketch } from '../../src/model/quantile-sketch.js'
import { faultOf } from '../helpers/fault.js'
import { holds } from '../helpers/property.js'

const errors = [0.0001, 0.001, 0.01, 0.05, 0.2, 0.49]

describe('the value of a bin', () => {
  test.each(errors)('that is within %d of every value in it, from 1e-6 to 1e9', (error) => {
    const sketch = new QuantileSketch(error)
    const value = fc.oneof(
      fc.double({ min: Math.log(1e-6), max: Math.log(1e9), noNaN: true }).map(Math.exp),
      fc.constantFrom(1e-6, 1e9, 1, 0.005, 10),
    )
    holds(
      fc.property(value, (x) => {
        fc.pre(x >= 1e-6 && x <= 1e9)
        const shown = sketch.valueOf(sketch.binOf(x))
        expect(Math.abs(shown - x) / x).toBeLessThanOrEqual(error * (1 + 1e-9))
      }),
      2000,
    )
  })

  test.each(errors)('at an error of %d larger values are never in lower bins', (error) => {
    const sketch = new QuantileSketch(error)
    holds(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (a, b) => {
        const [lower, higher] = a < b ? [a, b] : [b, a]
        expect(sketch.binOf(lower)).toBeLessThanOrEqual(sketch.binOf(higher))
      }),
    )
  })

  test('0 for smaller or negative values, the largest for larger ones', () => {
    const sketch = new QuantileSketch(0.01)
    for (const small of [0, -0, 9e-7, -1, -1e12, Number.NEGATIVE_INFINITY]) {
      expect(sketch.valueOf(sketch.binOf(small))).toBe(0)
    }
    for (const large of [1.1e9, 1e300, Number.POSITIVE_INFINITY]) {
      expect(sketch.binOf(large)).toBe(sketch.bins - 1)
    }
    expect(sketch.valueOf(sketch.bins - 1) / 1e9).toBeCloseTo(1, 1)
  })
})

describe('a quantile', () => {
  test.each([
    [[1, 1, 1, 1, 1, 1, 1, 1, 1, 100], 0.99, 100],
    [[1, 1, 1, 1, 1, 1, 1, 1, 1, 100], 0.9, 1],
    [[1, 2, 3, 4], 0.5, 2],
    [[1, 2, 3, 4], 0.51, 3],
    [[1, 2, 3, 4], 0, 1],
    [[1, 2, 3, 4], 1, 4],
    // 0.07 × 100 is a little more than 7.
    [Array.from({ length: 100 }, (_, i) => 1.1 ** i), 0.07, 1.1 ** 6],
  ])('of %j at %d is the smallest value that so many do not exceed', (values, q, expected) => {
    const sketch = new QuantileSketch(0.01)
    const counts = new Float64Array(sketch.bins)
    for (const value of values) counts[sketch.binOf(value)]!++
    expect(Math.abs(sketch.quantile(counts, 0, q) / expected - 1)).toBeLessThanOrEqual(0.01)
  })
})

describe('quantiles', () => {
  test('are sorted, and none by default', () => {
    expect(checkQuantiles('s', [0.99, 0, 1, 0.5])).toEqual([0, 0.5, 0.99, 1])
    expect(checkQuantiles('s', undefined)).toEqual([])
    expect(checkQuantiles('s', [])).toEqual([])
  })

  test('do not change the passed array', () => {
    const given = [0.9, 0.5]
    checkQuantiles('s', given)
    expect(given).toEqual([0.9, 0.5])
  })

  test.each<[unknown, string]>([
    [0.5, 'quantiles must be an array such as [0.5, 0.9, 0.99], got 0.5'],
    [[99], 'quantile 99 is not a number from 0 to 1; the 99th percentile is 0.99'],
    [[-0.1], 'quantile -0.1 is not a number from 0 to 1'],
    [[Number.NaN], 'quantile NaN is not'],
    [['0.5'], 'quantile "0.5" is not'],
    [[0.5, 0.9, 0.5], 'quantile 0.5 is given twice'],
  ])('%j are refused', (quantiles, text) => {
    expect(faultOf(() => checkQuantiles('s', quantiles))).toContain(`QUANTILES_INVALID: s: ${text}`)
  })
})

test('the relative error is 1 % by default, and must be a part of the value', () => {
  expect(checkRelativeError('s', undefined)).toBe(0.01)
  expect(checkRelativeError('s', 0.0001)).toBe(0.0001)
  for (const wrong of [0, 0.5, 1, -0.1, 1e-5, Number.NaN, '0.01', null]) {
    expect(faultOf(() => checkRelativeError('s', wrong))).toMatch(
      /^OPTION_INVALID: s: relativeError must be from 0.0001/,
    )
  }
})
