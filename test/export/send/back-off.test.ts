import { expect, test } from 'vitest'
import { BackOff, retryAfter } from '../../../src/export/send/back-off.js'

test('each time is twice as long, up to the maximum, and between half and all of it is waited', () => {
  const times = { first: 1_000, most: 5_000 }
  const waits = (random: number): number[] => {
    const backOff = new BackOff(times, () => random)
    return [1, 2, 3, 4, 5].map(() => backOff.next())
  }
  expect(waits(1)).toEqual([1_000, 2_000, 4_000, 5_000, 5_000])
  expect(waits(0)).toEqual([500, 1_000, 2_000, 2_500, 2_500])
})

test.each([
  ['3', 3_000],
  [' 0 ', 0],
  ['1.5', 1_500],
  ['Thu, 01 Jan 1970 00:01:00 GMT', 50_000],
  ['Thu, 01 Jan 1970 00:00:01 GMT', 0],
  ['999999999', 3_600_000],
  ['soon', undefined],
  ['-1', undefined],
  ['', undefined],
  [undefined, undefined],
])('Retry-After: %s', (header, expected) => {
  expect(retryAfter(header, 10_000)).toBe(expected)
})
