import { expect, test, vi } from 'vitest'
import { WeakList } from '../../src/model/weak-list.js'

test('returns the added objects, in their order', () => {
  const list = new WeakList<{ id: number }>()
  const items = Array.from({ length: 100 }, (_, id) => ({ id }))
  for (const item of items) list.add(item)
  expect([...list]).toEqual(items)
})

test('looks at each object a few times, however many are added', () => {
  const looks = vi.spyOn(WeakRef.prototype, 'deref')
  const list = new WeakList<object>()
  const items = Array.from({ length: 10_000 }, () => ({}))
  for (const item of items) list.add(item)
  expect(looks.mock.calls.length).toBeLessThan(3 * items.length)
  looks.mockRestore()
})
