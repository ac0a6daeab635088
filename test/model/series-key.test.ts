import fc from 'fast-check'
import { expect, test } from 'vitest'
import { labelValuesOf, seriesKey, unlabelled } from '../../src/model/series-key.js'
import { holds } from '../helpers/property.js'

const labelValues = fc.array(fc.option(fc.string({ unit: 'binary' })), { maxLength: 4 })

test('a key contains the label values', () => {
  holds(
    fc.property(labelValues, (values) => {
      expect(labelValuesOf(seriesKey(values))).toEqual(values)
    }),
  )
})

test.each([
  [
    ['x|', 'y'],
    ['x', '|y'],
  ],
  [['1,b:2'], ['1', '2']],
  [
    ['', 'a'],
    ['a', ''],
  ],
  [[''], [null]],
  [['null'], [null]],
  [['undefined'], [null]],
  [['"'], ['\\"']],
])('%j and %j have different keys', (one, other) => {
  expect(seriesKey(one)).not.toBe(seriesKey(other))
})

test('no label values at all have the key of a metric without labels', () => {
  expect(seriesKey([])).toBe(unlabelled)
})
