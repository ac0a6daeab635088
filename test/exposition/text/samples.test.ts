import { describe, expect, test } from 'vitest'
import { openMetrics } from '../../../src/exposition/openmetrics/openmetrics.js'
import { headingOf, samplesOf, untyped } from '../../../src/exposition/text/samples.js'
import { text } from '../../../src/exposition/text/text.js'
import type { FamilyDescriptor } from '../../../src/model/descriptor.js'
import type { FamilyTable } from '../../../src/model/family.js'
import { counterFamily, gaugeFamily, histogramFamily } from '../../helpers/writers.js'

const common = { name: 'x', help: 'X.', labelNames: [], registry: 'default' }
const summary: FamilyDescriptor = { ...common, type: 'summary', quantiles: [], relativeError: 0.01 }
const stateset: FamilyDescriptor = { ...common, type: 'stateset', states: ['a', 'b'], mode: 'count' }

/** The samples of rows 2 and 0 of a table with these slots: `x{le="1"} 3`. */
function shown(dialect: typeof text, family: FamilyDescriptor, ...rows: number[][]): string[] {
  const samples = samplesOf(family, dialect)
  const bases = rows.map((_, row) => rows.slice(0, row).reduce((sum, slots) => sum + slots.length, 1))
  const created = rows.map((_, row) => 100 + row)
  const table = { family, bases, created, slots: Float64Array.of(0, ...rows.flat()) } as unknown as FamilyTable
  const out = new Float64Array(2 * samples.shapes.length)
  samples.values(out, table, Int32Array.of(2, 0))
  return [...out].map((value, i) => {
    const { name, label } = samples.shapes[i % samples.shapes.length]!
    return `${name}${label === undefined ? '' : `{${label[0]}=${label[1]}}`} ${value}`
  })
}

describe('the samples in text 0.0.4', () => {
  test.each<[string, FamilyDescriptor, number[][], string[]]>([
    ['a counter', counterFamily('x'), [[1], [2], [3]], ['x 3', 'x 1']],
    ['a gauge', gaugeFamily('x', 'max'), [[1, -1], [], [1, -3]], ['x -3', 'x -1']],
    [
      'a histogram',
      histogramFamily('x', [-1]),
      [
        [9, 1, 2],
        [0, 0, 0],
        [8, 3, 4],
      ],
      ['x_bucket{le=-1} 3', 'x_bucket{le=+Inf} 7', 'x_sum 8', 'x_count 7'].concat([
        'x_bucket{le=-1} 1',
        'x_bucket{le=+Inf} 3',
        'x_sum 9',
        'x_count 3',
      ]),
    ],
    [
      'a summary',
      summary,
      [
        [9, 1],
        [0, 0],
        [8, 2],
      ],
      ['x_sum 8', 'x_count 2', 'x_sum 9', 'x_count 1'],
    ],
    [
      'an info',
      { ...common, type: 'info' },
      [
        [1, 1],
        [0, 0],
        [1, 1],
      ],
      ['x_info 1', 'x_info 1'],
    ],
    [
      'a stateset',
      stateset,
      [
        [1, 0, 1],
        [0, 0, 0],
        [1, 5, 0],
      ],
      ['x{x=a} 5', 'x{x=b} 0', 'x{x=a} 0', 'x{x=b} 1'],
    ],
    ['an unknown', { ...common, type: 'unknown' }, [[1], [2], [3]], ['x 3', 'x 1']],
  ])('of %s', (_, family, rows, expected) => {
    expect(shown(text, family, ...rows)).toEqual(expected)
  })

  test('have no exemplars', () => {
    for (const family of [counterFamily('x'), histogramFamily('x', [1])]) {
      expect(samplesOf(family, text).exemplars).toBe(0)
    }
  })
})

describe('the samples in OpenMetrics', () => {
  test('show when a series began, for types that count', () => {
    expect(shown(openMetrics, counterFamily('x'), [1], [2], [3])).toEqual([
      'x_total 3',
      'x_created 102',
      'x_total 1',
      'x_created 100',
    ])
    expect(shown(openMetrics, summary, [9, 1], [0, 0], [8, 2])).toEqual([
      ...['x_sum 8', 'x_count 2', 'x_created 102'],
      ...['x_sum 9', 'x_count 1', 'x_created 100'],
    ])
  })

  test('that may have exemplars are the total and the buckets', () => {
    expect(samplesOf(counterFamily('x'), openMetrics).exemplars).toBe(1)
    expect(samplesOf(histogramFamily('x', [1, 2]), openMetrics).exemplars).toBe(3)
    expect(samplesOf(summary, openMetrics).exemplars).toBe(0)
  })
})

test('a stateset that counts is a gauge by its heading, any other is one', () => {
  expect(headingOf(stateset).type).toBe('gauge')
  expect(headingOf({ ...stateset, mode: 'all' } as FamilyDescriptor).type).toBe('stateset')
})

test('without its type a family has the name of its sample', () => {
  expect(untyped(counterFamily('x'), openMetrics)).toMatchObject({ name: 'x_total', type: 'unknown' })
  expect(untyped({ ...common, type: 'info' as const }, openMetrics)).toMatchObject({ name: 'x_info', type: 'unknown' })
  expect(untyped(gaugeFamily('x', 'max'), openMetrics)).toMatchObject({ name: 'x', type: 'unknown' })
})
