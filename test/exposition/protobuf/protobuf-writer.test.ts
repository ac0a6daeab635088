import fc from 'fast-check'
import { Reader } from 'protobufjs/minimal.js'
import { describe, expect, test } from 'vitest'
import { ProtobufWriter } from '../../../src/exposition/protobuf/protobuf-writer.js'

describe('the bytes of a field', () => {
  // The values are those of the examples in the documentation of the encoding.
  test.each<[string, (writer: ProtobufWriter) => void, string]>([
    ['an integer', (writer) => writer.varint(1, 150), '089601'],
    ['zero', (writer) => writer.varint(1, 0), '0800'],
    ['a negative integer', (writer) => writer.varint(1, -2), '08feffffffffffffffff01'],
    ['the greatest safe integer', (writer) => writer.varint(1, 2 ** 53 - 1), '08ffffffffffffff0f'],
    ['a text', (writer) => writer.text(2, 'testing'), '120774657374696e67'],
    ['a text that is not ASCII', (writer) => writer.text(2, 'é€😀'), '1209c3a9e282acf09f9880'],
    ['half of a surrogate pair', (writer) => writer.text(2, '\ud83d'), '1203efbfbd'],
    ['bytes', (writer) => writer.bytes(3, Uint8Array.of(1, 255)), '1a0201ff'],
    ['a double', (writer) => writer.double(1, -2), '0900000000000000c0'],
    ['a fixed64', (writer) => writer.fixed64(1, 2n ** 64n - 2n), '09feffffffffffffff'],
    ['packed integers', (writer) => writer.packedVarints(6, [3, 270, 86942]), '3206038e029ea705'],
    ['packed doubles', (writer) => writer.packedDoubles(1, [-2]), '0a0800000000000000c0'],
    ['packed fixed64', (writer) => writer.packedFixed64(1, [2 ** 53 - 1]), '0a08ffffffffffff1f00'],
    ['a field with a high number', (writer) => writer.varint(536_870_911, 1), 'f8ffffff0f01'],
  ])('%s', (_, write, expected) => {
    const writer = new ProtobufWriter()
    write(writer)
    expect(Buffer.from(writer.finish()).toString('hex')).toBe(expected)
  })

  test.each([0, 1, 127, 128, 300, 16_383, 16_384, 3_000_000])('a message of %i bytes', (length) => {
    const writer = new ProtobufWriter(16)
    writer.varint(7, 1)
    const outer = writer.open(1)
    const inner = writer.open(2)
    writer.bytes(3, new Uint8Array(length).fill(5))
    writer.close(inner)
    writer.close(outer)
    writer.varint(7, 2)
    const reader = Reader.create(writer.finish())
    expect([reader.uint32(), reader.uint32(), reader.uint32()]).toEqual([7 * 8, 1, 8 + 2])
    const message = Reader.create(reader.bytes())
    expect(message.uint32()).toBe(2 * 8 + 2)
    const field = Reader.create(message.bytes())
    expect(field.uint32()).toBe(3 * 8 + 2)
    expect(Buffer.from(field.bytes()).equals(Buffer.alloc(length, 5))).toBe(true)
    expect([reader.uint32(), reader.uint32(), reader.pos === reader.len]).toEqual([7 * 8, 2, true])
  })
})

test('any fields are read by another implementation as they were written', () => {
  const field = fc.oneof(
    fc.record({ kind: fc.constant('text' as const), value: fc.string({ unit: 'grapheme', maxLength: 200 }) }),
    fc.record({ kind: fc.constant('double' as const), value: fc.double() }),
    fc.record({ kind: fc.constant('integer' as const), value: fc.maxSafeInteger() }),
    fc.record({ kind: fc.constant('doubles' as const), value: fc.array(fc.double(), { maxLength: 50 }) }),
    fc.record({ kind: fc.constant('fixed' as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  )
  fc.assert(
    fc.property(fc.array(field, { maxLength: 30 }), (fields) => {
      const writer = new ProtobufWriter(16)
      for (const each of fields) {
        if (each.kind === 'text') writer.text(1, each.value)
        else if (each.kind === 'double') writer.double(2, each.value)
        else if (each.kind === 'integer') writer.varint(3, each.value)
        else if (each.kind === 'doubles') writer.packedDoubles(4, each.value)
        else writer.fixed64(5, each.value)
      }
      const reader = Reader.create(writer.finish())
      for (const { kind, value } of fields) {
        const number = reader.uint32() >>> 3
        if (kind === 'text') expect([number, reader.string()]).toEqual([1, value])
        else if (kind === 'double') expect([number, reader.double()]).toEqual([2, value])
        else if (kind === 'integer') expect([number, Number(reader.int64().toString())]).toEqual([3, value])
        else if (kind === 'doubles') {
          const list = Reader.create(reader.bytes())
          expect([number, value.map(() => list.double())]).toEqual([4, value])
        } else expect([number, BigInt(reader.fixed64().toString()) & (2n ** 64n - 1n)]).toEqual([5, value])
      }
      expect(reader.pos).toBe(reader.len)
    }),
  )
})

test('what was written since a length is removed', () => {
  const writer = new ProtobufWriter()
  writer.varint(1, 1)
  const { length } = writer
  writer.text(2, 'x')
  writer.truncate(length)
  writer.varint(3, 1)
  expect([...writer.finish()]).toEqual([8, 1, 24, 1])
})
