import { describe, expect, test, vi } from 'vitest'
import { failEach } from '../helpers/faults/fail-each.js'
import { codes } from '../helpers/faults/failing.js'

vi.mock('../../src/platform/timers.js', () => import('../helpers/patchable-timers.js'))

const timeout = 240_000

/** A sample of the calls; test/torture has each of them fail. */
describe('a call into the directory that fails', () => {
  test.each(codes)('with %s once is reported, and no count is lost', { timeout }, async (code) => {
    expect(await failEach({ code, forever: false }, 'mmap', 11)).toBeGreaterThan(200)
  })

  test.each(codes)('with %s from then on is reported, and counting continues', { timeout }, async (code) => {
    expect(await failEach({ code, forever: true }, 'mmap', 23)).toBeGreaterThan(200)
  })
})
