import { describe, expect, test } from 'vitest'
import { conform } from '../../../src/exposition/openmetrics/conform.js'
import type { Sample, SampleFamily } from '../../../src/model/family.js'
import { openMetricsFormatter } from '../../helpers/formatters.js'
import { hasStrictParser, parsedStrictly } from '../../helpers/strict-parser.js'
import { noPause } from '../../helpers/writers.js'

type Given = readonly [name: string, value: number, labels?: Record<string, string>]

function familyOf(type: string, name: string, ...samples: Given[]): SampleFamily {
  const all = samples.map(([name, value, labels = {}]): Sample => ({ name, value, labels }))
  return { name, help: 'A "help".', type: type as never, samples: all }
}

async function text(...families: SampleFamily[]): Promise<string> {
  return Buffer.concat(await openMetricsFormatter().format(families, noPause)).toString()
}

/** The lines of a family in OpenMetrics, with its TYPE. */
async function lines(family: SampleFamily): Promise<string[]> {
  const all = (await text(family)).split('\n')
  return all.filter((line) => line !== '' && !line.startsWith('# HELP') && line !== '# EOF')
}

describe('a family of a plug-in or a collector', () => {
  test.each<[string, SampleFamily, string[]]>([
    ['a counter', familyOf('counter', 'c_total', ['c_total', 3]), ['# TYPE c counter', 'c_total 3']],
    ['a counter without _total', familyOf('counter', 'c', ['c', 3]), ['# TYPE c counter', 'c_total 3']],
    [
      'a counter with its creation time',
      familyOf('counter', 'c', ['c_total', 3], ['c_created', 100]),
      ['# TYPE c counter', 'c_total 3', 'c_created 100'],
    ],
    ['a gauge', familyOf('gauge', 'g_total', ['g_total', -3]), ['# TYPE g_total gauge', 'g_total -3']],
    ['of unknown type', familyOf('unknown', 'u', ['u', NaN]), ['# TYPE u unknown', 'u NaN']],
    [
      'a histogram, its bounds as Go spells them, series by series',
      familyOf(
        'histogram',
        'h',
        ['h_bucket', 1, { le: '1', a: 'x' }],
        ['h_bucket', 2, { le: '+Inf', a: 'x' }],
        ['h_bucket', 3, { a: 'y', le: 'Inf' }],
        ['h_sum', 7, { a: 'x' }],
        ['h_count', 2, { a: 'x' }],
      ),
      [
        '# TYPE h histogram',
        'h_bucket{le="1.0",a="x"} 1',
        'h_bucket{le="+Inf",a="x"} 2',
        'h_sum{a="x"} 7',
        'h_count{a="x"} 2',
        'h_bucket{a="y",le="+Inf"} 3',
      ],
    ],
    [
      'a histogram with a bound below 0',
      familyOf(
        'histogram',
        'h',
        ['h_bucket', 1, { le: '-1' }],
        ['h_bucket', 1, { le: '+Inf' }],
        ['h_sum', 1],
        ['h_count', 1],
      ),
      ['# TYPE h histogram', 'h_bucket{le="-1.0"} 1', 'h_bucket{le="+Inf"} 1'],
    ],
    [
      'a summary',
      familyOf('summary', 's', ['s', 3, { quantile: '0.50' }], ['s_sum', 7], ['s_count', 2], ['s_created', 100]),
      ['# TYPE s summary', 's{quantile="0.5"} 3', 's_sum 7', 's_count 2', 's_created 100'],
    ],
    ['an info', familyOf('info', 'i', ['i', 1, { v: '1' }]), ['# TYPE i info', 'i_info{v="1"} 1']],
    ['an info with its ending', familyOf('info', 'i_info', ['i_info', 1]), ['# TYPE i info', 'i_info 1']],
    [
      'a stateset',
      familyOf('stateset', 's', ['s', 1, { s: 'up' }], ['s', 0, { s: 'down' }]),
      ['# TYPE s stateset', 's{s="up"} 1', 's{s="down"} 0'],
    ],
    ['without samples', familyOf('counter', 'c_total'), ['# TYPE c counter']],
  ])('is shown with its type: %s', async (_, family, expected) => {
    expect(await lines(family)).toEqual(expected)
  })

  test.each<[string, SampleFamily, string[]]>([
    ['an unknown type', familyOf('constructor', 'x', ['x', 1]), ['# TYPE x unknown', 'x 1']],
    ['no type', familyOf('undefined', 'x'), ['# TYPE x unknown']],
    ['a counter below 0', familyOf('counter', 'c_total', ['c_total', -1]), ['# TYPE c_total unknown', 'c_total -1']],
    ['a counter that is not a number', familyOf('counter', 'c', ['c', NaN]), ['# TYPE c unknown', 'c NaN']],
    ['an info of 2', familyOf('info', 'i', ['i', 2]), ['# TYPE i unknown', 'i 2']],
    ['a stateset of 2', familyOf('stateset', 's', ['s', 2, { s: 'up' }]), ['# TYPE s unknown', 's{s="up"} 2']],
    ['a stateset without its label', familyOf('stateset', 's', ['s', 1]), ['# TYPE s unknown', 's 1']],
    [
      "another metric's sample",
      familyOf('gauge', 'g', ['g', 1], ['g_max', 2], ['g', 3, { a: 'x' }]),
      ['# TYPE g unknown', 'g 1', 'g{a="x"} 3', '# TYPE g_max unknown', 'g_max 2'],
    ],
    [
      'a summary whose quantile is missing',
      familyOf('summary', 's', ['s', 3], ['s_sum', 7]),
      ['# TYPE s unknown', 's 3', '# TYPE s_sum unknown', 's_sum 7'],
    ],
    [
      'a bucket without a bound',
      familyOf('histogram', 'h', ['h_bucket', 1, { le: '' }]),
      ['# TYPE h unknown', '# TYPE h_bucket unknown', 'h_bucket{le=""} 1'],
    ],
  ])('is shown without a type if it does not conform to its type: %s', async (_, family, expected) => {
    expect(await lines(family)).toEqual(expected)
    if (hasStrictParser) parsedStrictly(await text(family))
  })

  test('does not change its input', () => {
    const family = familyOf('histogram', 'h', ['h_bucket', 1, { le: '1' }])
    const before = structuredClone(family)
    conform(family)
    expect(family).toEqual(before)
  })
})
