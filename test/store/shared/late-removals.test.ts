import { expect, test } from 'vitest'
import { LateRemovals } from '../../../src/store/shared/late-removals.js'
import { largestRemovals } from '../../../src/store/shared/removals.js'

test('removals that were added make space for others, even if some still wait', () => {
  const text = 'x'.repeat(8 * 1024)
  const removals = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({
      registry: 'test',
      name: 'jobs_total',
      labels: { path: `${from + i}${text}` },
    }))
  let tries = 0
  const added: number[] = []
  const late = new LateRemovals({
    free: () => true,
    add: (some) => {
      // The lock is free once, and then held again.
      if (++tries % 2 === 0) return false
      added.push(some.length)
      return true
    },
    onError: () => {},
  })
  const count = Math.floor((largestRemovals * 0.9) / text.length)
  late.push(removals(0, count))
  expect(late.flush()).toBe(false)
  late.push(removals(count, added[0]! / 2))
  expect(late.all()).toHaveLength(count - added[0]! / 2)
  while (!late.flush());
  expect(added.reduce((sum, some) => sum + some)).toBe(count + added[0]! / 2)
  expect(late.any).toBe(false)
})
