import { expect, test } from 'vitest'
import { RowNumbers } from '../../src/gather/row-numbers.js'

test('every key has its row, whatever its length, and no other key has', () => {
  const rows = new RowNumbers()
  const keys = [
    '',
    '[]',
    '[""]',
    ...Array.from({ length: 20_000 }, (_, i) => JSON.stringify([`${'x'.repeat(i % 40)}${i}`])),
  ]
  for (const [row, key] of keys.entries()) rows.set(key, row)
  for (const [row, key] of keys.entries()) expect(rows.get(key)).toBe(row)
  expect(rows.get('["other"]')).toBeUndefined()
})
