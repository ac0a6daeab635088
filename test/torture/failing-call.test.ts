import { describe, expect, test, vi } from 'vitest'
import { failEach } from '../helpers/faults/fail-each.js'
import { codes } from '../helpers/faults/failing.js'

vi.mock('../../src/platform/timers.js', () => import('../helpers/patchable-timers.js'))

describe('each call into the directory, failing', () => {
  test.each(codes)('with %s once is reported, and no count is lost', async (code) => {
    expect(await failEach({ code, forever: false }, 'mmap')).toBeGreaterThan(200)
  })

  test.each(codes)('with %s from then on is reported, and counting continues', async (code) => {
    expect(await failEach({ code, forever: true }, 'mmap')).toBeGreaterThan(200)
  })
})
