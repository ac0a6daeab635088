import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { SeriesFilters } from '../../src/model/series-filters.js'
import { type LabelFilter, matches, seriesKey } from '../../src/model/series-key.js'
import { holds } from '../helpers/property.js'

const names = ['a', 'b', 'c'] as const
const value = fc.constantFrom(null, '', 'x', 'y', 'null', '["x"]', 'x,y')
const series = fc.tuple(value, value, value)
/** Also with a label that the family does not have. */
const filter: fc.Arbitrary<LabelFilter> = fc.dictionary(fc.constantFrom(...names, 'other'), value) as never
const author = fc.option(fc.constantFrom('one', 'two'), { nil: undefined })

test('name the series that each filter by itself names, after a position, and not those of one author', () => {
  holds(
    fc.property(
      fc.array(fc.tuple(filter, author, fc.nat(5)), { maxLength: 12 }),
      fc.array(series, { maxLength: 8 }),
      fc.nat(6),
      author,
      (given, keys, after, self) => {
        const filters = new SeriesFilters(names)
        for (const [labels, by, position] of given) filters.add(labels, position + 1, by)
        for (const texts of keys) {
          const key = seriesKey(texts)
          const named = given.some(
            ([labels, by, position]) =>
              position + 1 > after && (self === undefined || by !== self) && matches(names, key, labels),
          )
          expect(filters.names(key, after, self)).toBe(named)
        }
      },
    ),
    500,
  )
})

test('parse a key at most once, however many filters there are, and none for filters on every label', () => {
  const filters = new SeriesFilters(names)
  for (let i = 0; i < 1000; i++) filters.add({ a: `${i}`, b: 'x', c: 'y' })
  const parse = vi.spyOn(JSON, 'parse')
  try {
    for (let i = 0; i < 100; i++) filters.names(seriesKey([`${i * 20}`, 'x', 'y']))
    expect(parse).not.toHaveBeenCalled()
    for (let i = 0; i < 1000; i++) filters.add(i % 2 === 0 ? { a: `${i}` } : { b: `${i}`, c: 'z' })
    for (let i = 0; i < 100; i++) filters.names(seriesKey([`${2000 + i}`, 'x', 'y']))
    expect(parse).toHaveBeenCalledTimes(100)
  } finally {
    parse.mockRestore()
  }
})

test('name nothing in a key that cannot be parsed', () => {
  const filters = new SeriesFilters(names)
  filters.add({ a: 'x' })
  expect(filters.names('not a list')).toBe(false)
})
