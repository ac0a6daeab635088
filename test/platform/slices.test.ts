import { afterEach, expect, test, vi } from 'vitest'
import { Slices } from '../../src/platform/slices.js'

vi.mock('../../src/platform/timers.js', () => import('../helpers/patchable-timers.js'))

afterEach(() => {
  vi.useRealTimers()
})

test('a slice is over when its milliseconds have passed, and the next one begins after the rest', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const slices = new Slices(5)
  expect(slices.due()).toBe(false)
  vi.advanceTimersByTime(6)
  expect(slices.due()).toBe(true)
  await slices.rest()
  expect(slices.due()).toBe(false)
})

test('a rest lets others run', async () => {
  const order: string[] = []
  setImmediate(() => order.push('somebody else'))
  await new Slices().rest()
  order.push('the scrape goes on')
  expect(order).toEqual(['somebody else', 'the scrape goes on'])
})
