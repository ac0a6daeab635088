import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatGoNumber, formatNumber, longestNumber, writeNumber } from '../../../src/exposition/text/number.js'
import { holds } from '../../helpers/property.js'

function written(value: number): string {
  const bytes = new Uint8Array(longestNumber + 4)
  const end = writeNumber(bytes, 2, value)
  return new TextDecoder().decode(bytes.subarray(2, end))
}

test.each<[number, string]>([
  [0, '0'],
  [-0, '0'],
  [1, '1'],
  [-1, '-1'],
  [9, '9'],
  [10, '10'],
  [999_999_999, '999999999'],
  [1_000_000_000, '1000000000'],
  [2 ** 31, '2147483648'],
  [2 ** 32 + 1, '4294967297'],
  [2 ** 53, '9007199254740992'],
  [0.1, '0.1'],
  [0.1 + 0.2, '0.30000000000000004'],
  [1e21, '1e+21'],
  [1e-7, '1e-7'],
  [-Number.MAX_VALUE, '-1.7976931348623157e+308'],
  [-Number.MIN_VALUE, '-5e-324'],
  [Number.POSITIVE_INFINITY, '+Inf'],
  [Number.NEGATIVE_INFINITY, '-Inf'],
  [Number.NaN, 'NaN'],
])('%d is written %s', (value, text) => {
  expect(written(value)).toBe(text)
  expect(formatNumber(value)).toBe(text)
})

test('any number is written as it is formatted, and reads back as itself', () => {
  holds(
    fc.property(fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger()), (value) => {
      const text = written(value)
      expect(text).toBe(formatNumber(value))
      expect(text.length).toBeLessThanOrEqual(longestNumber)
      // 0 and -0 look alike.
      expect(Number(text.replace('Inf', 'Infinity')) + 0).toBe(value + 0)
    }),
  )
})

test.each<[number, string]>([
  [0, '0.0'],
  [-0, '0.0'],
  [1, '1.0'],
  [-1, '-1.0'],
  [0.005, '0.005'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [-0.000012, '-1.2e-05'],
  [10, '10.0'],
  [100_000, '100000.0'],
  [123_456.75, '123456.75'],
  [999_999, '999999.0'],
  [1_000_000, '1e+06'],
  [1_234_567, '1.234567e+06'],
  [1.1e23, '1.1e+23'],
  [1e100, '1e+100'],
  [5e-324, '5e-324'],
  [Number.POSITIVE_INFINITY, '+Inf'],
  [Number.NEGATIVE_INFINITY, '-Inf'],
  [Number.NaN, 'NaN'],
])('the bound %d is spelled %s', (bound, text) => {
  expect(formatGoNumber(bound)).toBe(text)
})

test('any bound reads back as itself', () => {
  holds(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (bound) => {
      expect(Number(formatGoNumber(bound)) + 0).toBe(bound + 0)
    }),
  )
})
