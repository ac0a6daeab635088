import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { SeriesGroups } from '../../../src/model/series-index/series-groups.js'
import { SeriesNumbers } from '../../../src/model/series-index/series-numbers.js'
import { type LabelFilter, matches, seriesKey } from '../../../src/model/series-key.js'
import { holds } from '../../helpers/property.js'

const names = ['a', 'b', 'c'] as const
const value = fc.constantFrom(null, '', 'x', 'y', 'z')
const filter: fc.Arbitrary<LabelFilter> = fc.dictionary(fc.constantFrom(...names, 'other'), value) as never
const steps = fc.array(
  fc.oneof(
    fc.record({ hold: fc.tuple(value, value, fc.nat(40).map(String)) }),
    fc.record({ select: filter }),
    fc.record({ remove: filter }),
  ),
  { maxLength: 300, size: 'max' },
)

test('selects what each key by itself matches, while series come and go and numbers change hands', () => {
  holds(
    fc.property(steps, (life) => {
      const numbers = new SeriesNumbers(names)
      const held = new Map<string, number>()
      const named = (labels: LabelFilter) => [...held].filter(([key]) => matches(names, key, labels))
      // Enough of them that an index is made.
      for (let i = 0; i < 70; i++)
        held.set(seriesKey(['x', `${i % 3}`, `${i}`]), numbers.hold(['x', `${i % 3}`, `${i}`]))
      for (const step of life) {
        if ('hold' in step) {
          const key = seriesKey(step.hold)
          if (!held.has(key)) held.set(key, numbers.hold(step.hold))
        } else {
          const labels = 'select' in step ? step.select : step.remove
          const expected = named(labels)
          expect(numbers.select(labels).sort()).toEqual(expected.map(([, number]) => number).sort())
          if ('remove' in step)
            for (const [key, number] of expected) {
              numbers.release(number)
              held.delete(key)
            }
        }
      }
    }),
    60,
  )
})

test('the work of a filter is proportional to its result: ten times the series, and as many filters, take ten times the work', () => {
  const work = (count: number): number => {
    const numbers = new SeriesNumbers(names)
    for (let i = 0; i < count; i++) numbers.hold([`a${i % 10}`, `b${i}`, 'c'])
    // The first ones build the index.
    for (let i = 0; i < 16; i++) numbers.select({ b: 'b0' })
    const valueAt = vi.spyOn(numbers, 'valueAt')
    for (let i = 0; i < count; i++) expect(numbers.select({ b: `b${i}` }).length).toBe(1)
    // One after another out of a large group.
    for (let i = 0; i < count; i++) numbers.release(numbers.numberOf([`a${i % 10}`, `b${i}`, 'c']))
    return valueAt.mock.calls.length
  }
  expect(work(2000)).toBeLessThan(work(200) * 12)
})

test('no call builds an index of all series: each of the first filters adds its part', () => {
  const count = 40_000
  const numbers = new SeriesNumbers(names)
  for (let i = 0; i < count; i++) numbers.hold([`a${i % 10}`, `b${i}`, 'c'])
  const add = vi.spyOn(SeriesGroups.prototype, 'add')
  const added: number[] = []
  for (let i = 0; i < 20; i++) {
    const before = add.mock.calls.length
    const [number] = numbers.select({ b: `b${20 + i * 1999}` })
    expect(numbers.textsOf(number!)[1]).toBe(`b${20 + i * 1999}`)
    added.push(add.mock.calls.length - before)
    // Series that come and go while the index grows.
    numbers.release(numbers.numberOf([`a${i % 10}`, `b${i}`, 'c']))
    numbers.hold(['a', `new${i}`, 'c'])
  }
  for (let i = 0; i < 20; i++) {
    expect(numbers.select({ b: `new${i}` }).length).toBe(1)
    expect(numbers.select({ b: `b${i}` })).toEqual([])
  }
  expect(Math.max(...added)).toBe(count / 16)
  expect(added.reduce((sum, each) => sum + each)).toBe(count)
  add.mockRestore()
})
