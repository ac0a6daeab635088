import { expect, test } from 'vitest'
import { firstSize, stepAfter } from '../../../src/store/shared/format.js'

/** The largest page of the systems that promhive maps files on as they grow: that of Apple silicon. */
const page = 16 * 1024

test('each part of a values file begins at a page, and is larger than what is asked for', () => {
  for (const least of [8, 8000, 1_000_000]) {
    for (let size = firstSize; size < 64 * 1024 * 1024; size += stepAfter(size, least)) {
      expect(size % page).toBe(0)
      expect(stepAfter(size, least)).toBeGreaterThanOrEqual(least)
    }
  }
})
