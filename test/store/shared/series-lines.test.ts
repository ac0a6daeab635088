import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SeriesLog } from '../../../src/store/core/series-log.js'
import { familyLine, LinesInUse, openedLine, readLines, removedLine } from '../../../src/store/shared/series-lines.js'
import { holds } from '../../helpers/property.js'
import { counterFamily } from '../../helpers/writers.js'

function readBack(created: number): number {
  const log = new SeriesLog()
  const lines = [familyLine(0, counterFamily('c')), openedLine(0, 1, created, '[]')]
  expect(readLines(Buffer.concat(lines), log, 10).faults).toBe(0)
  return log.createdAt[0]!
}

test('when a series began is read back to the last bit', () => {
  for (const created of [0, 1, 1732160000.123, 0.1, 1e21, 5e-324, 1.7976931348623157e308]) {
    expect(readBack(created)).toBe(created)
  }
  const any = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })
  const clock = fc.integer({ min: 0, max: 4e12 }).map((milliseconds) => milliseconds / 1000)
  for (const times of [any, clock]) {
    holds(
      fc.property(times, (created) => {
        expect(readBack(created)).toBe(created)
      }),
    )
  }
})

test('a time that is not a number is a broken line', () => {
  for (const created of [Number.NaN, -1, '1.2.3', '.', 'x'] as number[]) {
    const lines = [familyLine(0, counterFamily('c')), openedLine(0, 1, created, '[]')]
    const log = new SeriesLog()
    expect(readLines(Buffer.concat(lines), log, 10).faults).toBe(1)
    expect(log.length).toBe(0)
  }
})

test('a line has the position after which a series was opened, if the time is the same without it', () => {
  const position = fc.oneof(fc.nat(), fc.maxSafeNat())
  holds(
    fc.property(position, fc.integer({ min: 0, max: 2_500_000_000_000 }), (behind, now) => {
      const log = new SeriesLog()
      const lines = [
        familyLine(0, counterFamily('c')),
        openedLine(0, 1, now / 1000, '[]'),
        openedLine(0, 1, now / 1000, '[]', behind),
      ]
      expect(readLines(Buffer.concat(lines), log, 10)).toEqual({ length: Buffer.concat(lines).length, faults: 0 })
      expect([...log.openedBehind]).toEqual([[1, behind]])
      // Of a clock before 2001, as on a machine without one, the position may change the time a little.
      if (now >= 1e12) expect(log.createdAt).toEqual([now / 1000, now / 1000])
      else expect(log.createdAt[1]).toBeCloseTo(now / 1000, 6)
    }),
  )
})

test('the lines in use describe the same series as all lines, and no other', () => {
  const entry = fc.record({ slot: fc.nat(9), removes: fc.boolean(), key: fc.nat(99), broken: fc.boolean() })
  const openIn = (bytes: Buffer): [number, number, string][] => {
    const log = new SeriesLog()
    readLines(bytes, log, 10)
    const open = new Map<number, [number, number, string]>()
    for (let i = 0; i < log.length; i++) {
      const slot = log.slotOf[i]!
      if (log.kinds[i] === 0) open.set(slot, [slot, log.createdAt[i]!, log.keyOf[i]!])
      else open.delete(slot)
    }
    return [...open.values()].sort(([a], [b]) => a - b)
  }
  holds(
    fc.property(fc.array(entry, { maxLength: 40 }), (entries) => {
      const labelNames = ['x']
      const lines = [
        familyLine(0, counterFamily('c', { labelNames })),
        familyLine(1, counterFamily('d', { labelNames })),
      ]
      for (const { slot, removes, key, broken } of entries) {
        const text = JSON.stringify([`é ${key}`])
        const line = removes ? removedLine(slot % 2, slot, text) : openedLine(slot % 2, slot, key / 8, text)
        if (broken) line[3] = line[3] === 0x30 ? 0x31 : 0x30
        lines.push(line)
      }
      const all = Buffer.concat(lines)
      const inUse = new LinesInUse(all)
      for (const _ of inUse.read());
      const log = new SeriesLog()
      const left = Buffer.concat([...inUse.pieces()])
      readLines(left, log, 10)
      expect(log.families.length).toBe(2)
      expect(openIn(left)).toEqual(openIn(all))
      expect(inUse.count).toBe(2 + openIn(all).length)
    }),
  )
})
