import { expect, test } from 'vitest'
import { ByteChunks } from '../../../src/exposition/text/bytes.js'

test('appended pieces come out in order, small ones together', () => {
  const out = new ByteChunks()
  const pieces = Array.from({ length: 300 }, (_, i) => new Uint8Array(1000).fill(i))
  for (const piece of pieces) out.append(piece)
  const chunks = out.end()
  expect(chunks.length).toBeGreaterThan(1)
  expect(chunks.length).toBeLessThan(10)
  expect(Buffer.concat(chunks).equals(Buffer.concat(pieces))).toBe(true)
})

test('a large piece is handed on as it is, between small ones', () => {
  const out = new ByteChunks()
  const large = new Uint8Array(1_000_000).fill(2)
  out.append(Uint8Array.of(1))
  out.append(large)
  out.append(Uint8Array.of(3))
  const chunks = out.end()
  expect(chunks[1]).toBe(large)
  expect([...chunks[0]!, ...chunks[2]!]).toEqual([1, 3])
})

test('no pieces give no chunks', () => {
  expect(new ByteChunks().end()).toEqual([])
})
