import { describe, expect, test } from 'vitest'
import { leavingTimes } from '../../src/supervisor/messages.js'

describe('the time that a worker has for leaving', () => {
  test('is not used up by waiting for idle connections, however short it is', () => {
    expect(leavingTimes(30_000)).toEqual({ linger: 2000, lastWords: 500, word: 24_000 })
    for (const grace of [0, 100, 1000, 2000, 3000, 5000]) {
      const { linger, lastWords } = leavingTimes(grace)
      expect(linger + lastWords, `${grace} ms`).toBeLessThanOrEqual(grace * 0.7)
    }
  })
})
