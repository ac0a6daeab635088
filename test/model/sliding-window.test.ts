import { describe, expect, test } from 'vitest'
import { checkWindow, checkWindowSize, slotsPerBucket } from '../../src/model/sliding-window.js'
import { faultOf } from '../helpers/fault.js'

describe('a sliding window', () => {
  test('needs both options, as in prom-client', () => {
    expect(checkWindow('s', 600, 5)).toEqual({ maxAgeSeconds: 600, ageBuckets: 5 })
    expect(checkWindow('s', 600, undefined)).toBeUndefined()
    expect(checkWindow('s', undefined, 5)).toBeUndefined()
    expect(checkWindow('s', undefined, undefined)).toBeUndefined()
  })

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '600', null, {}, 5n])(
    'is refused for %s seconds',
    (seconds) => {
      const fault = faultOf(() => checkWindow('s', seconds, undefined))
      expect(fault).toMatch(/^OPTION_INVALID: s: maxAgeSeconds must be a number of seconds above 0, got /)
    },
  )

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1001, '5', null])(
    'is refused for %s buckets',
    (buckets) => {
      const fault = faultOf(() => checkWindow('s', undefined, buckets))
      expect(fault).toMatch(/^OPTION_INVALID: s: ageBuckets must be an integer from 1 to 1000, got /)
    },
  )

  test('is refused if its parts are shorter than the clock can measure', () => {
    expect(faultOf(() => checkWindow('s', 0.1, 101))).toBe(
      'OPTION_INVALID: s: a window of 0.1 s cannot have 101 ageBuckets: each needs a millisecond or more',
    )
    expect(checkWindow('s', 0.1, 100)).toBeDefined()
  })

  test('is refused if its series take more than 4 MB', () => {
    const large = { maxAgeSeconds: 60, ageBuckets: 10, relativeError: 0.0001 }
    expect(faultOf(() => checkWindowSize('s', large))).toBe(
      'OPTION_INVALID: s: 10 ageBuckets with a relativeError of 0.0001 take 6.9 MB per series, more than 4 MB; use fewer ageBuckets or a larger relativeError',
    )
    expect(() => checkWindowSize('s', { ...large, relativeError: 0.001 })).not.toThrow()
    expect(() => checkWindowSize('s', { ...large, ageBuckets: 1000, relativeError: 0.02 })).not.toThrow()
  })

  test('takes 17 kB with five buckets at the default error, as documented', () => {
    expect(Math.round((8 * (3 + 5 * (1 + slotsPerBucket(0.02)))) / 1000)).toBe(17)
    expect(Math.round((8 * (3 + 5 * (1 + slotsPerBucket(0.05)))) / 1000)).toBe(7)
  })
})
