import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SeriesLog } from '../../../src/store/series-log.js'
import { familyLine, openedLine, readLines } from '../../../src/store/shared/series-lines.js'
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

test('what is no time is a broken line', () => {
  for (const created of [Number.NaN, -1, '1.2.3', '.', 'x'] as number[]) {
    const lines = [familyLine(0, counterFamily('c')), openedLine(0, 1, created, '[]')]
    const log = new SeriesLog()
    expect(readLines(Buffer.concat(lines), log, 10).faults).toBe(1)
    expect(log.length).toBe(0)
  }
})
