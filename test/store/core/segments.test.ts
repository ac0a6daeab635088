import { describe, expect, test } from 'vitest'
import { type Segment, Segments } from '../../../src/store/core/segments.js'
import { area } from '../../helpers/slots.js'

const segment = (first: number, length = 8): Segment => ({ first, ...area(length) })

describe('segments of slots', () => {
  test('hand out a run that is inside one segment, whether that is the last one or not', () => {
    const segments = new Segments((first) => segment(first))
    // As after a crash between growing and the first use of the new segment.
    segments.all.push(segment(0), segment(8))
    segments.used = 6
    const runs = [2, 3, 6].map((width) => segments.allocate(width))
    expect(runs.map(({ segment: { first }, at, slot }) => ({ first, at, slot }))).toEqual([
      { first: 0, at: 6, slot: 6 },
      { first: 8, at: 0, slot: 8 },
      { first: 16, at: 0, slot: 16 },
    ])
  })

  test('grow for a run that is wider than the next segment', () => {
    const segments = new Segments((first, width) => segment(first, width))
    segments.all.push(segment(0), segment(8))
    segments.used = 6
    expect(segments.allocate(10)).toMatchObject({ at: 0, slot: 16 })
    expect(segments.used).toBe(26)
  })
})
