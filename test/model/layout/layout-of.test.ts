import { expect, test } from 'vitest'
import type { FamilyDescriptor } from '../../../src/model/descriptor.js'
import { counterLayout } from '../../../src/model/layout/counter.js'
import { layoutOf } from '../../../src/model/layout/layout-of.js'

const common = { name: 'x', help: 'X.', labelNames: [], registry: 'default' } as const

test.each<[FamilyDescriptor, number]>([
  [{ ...common, type: 'counter' }, 1],
  [{ ...common, type: 'gauge', mode: 'livesum' }, 2],
  [{ ...common, type: 'gauge', mode: 'sum' }, 5],
  [{ ...common, type: 'gauge', mode: 'mostrecent' }, 4],
  [{ ...common, type: 'histogram', bounds: [1, 2] }, 5],
  [{ ...common, type: 'summary', quantiles: [], relativeError: 0.01 }, 3],
  [{ ...common, type: 'info' }, 1],
  [{ ...common, type: 'stateset', states: ['a', 'b'], mode: 'count' }, 5],
  [{ ...common, type: 'unknown' }, 1],
])('the layout of %j has %i slots, and is made once', (family, width) => {
  expect(layoutOf(family).width).toBe(width)
  expect(layoutOf(family)).toBe(layoutOf(family))
})

test('counters share one layout', () => {
  expect(layoutOf({ ...common, type: 'counter' })).toBe(counterLayout)
})

test.each([
  ['a type', { ...common, type: 'trace' }],
  ['a gauge mode', { ...common, type: 'gauge', mode: 'median' }],
  ['a stateset mode', { ...common, type: 'stateset', states: ['a'], mode: 'longest' }],
  ['a summary without quantiles', { ...common, type: 'summary' }],
  ['a summary of another error', { ...common, type: 'summary', quantiles: [0.5], relativeError: 2 }],
])('%s that is not known here is refused, never misread', (_, family) => {
  expect(() => layoutOf(family as never)).toThrow()
})
