import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Encoding } from '../../../src/export/otlp/encoding.js'
import { JsonEncoding } from '../../../src/export/otlp/json-encoding.js'
import type { OtlpMetric, Point } from '../../../src/export/otlp/point.js'
import { ProtobufEncoding } from '../../../src/export/otlp/protobuf-encoding.js'
import { decoded, type ReceivedRequest } from '../../helpers/otlp-receiver.js'

const head = { resource: [['service.name', 'shop']], version: '1.2.3' } as const
const formats: readonly [string, () => Encoding][] = [
  ['Protocol Buffers', () => new ProtobufEncoding(head)],
  ['JSON', () => new JsonEncoding(head)],
]

const time = 1_700_000_001_500
const sum: OtlpMetric = {
  name: 'jobs_total',
  description: 'Jobs "done".',
  unit: 's',
  type: 'counter',
  data: 'sum',
  isMonotonic: true,
  temporality: 'delta',
}
const exemplar = {
  value: 0.25,
  time: 1_700_000_001_000,
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: 'eee19b7ec3c1b174',
  attributes: [['user', 'é']],
} as const

describe.each(formats)('%s', (_, make) => {
  const encode = (metric: OtlpMetric, ...points: readonly Point[]): ReceivedRequest => {
    const encoding = make()
    encoding.begin(metric)
    for (const point of points) encoding.point(point, point.start ?? 0, time)
    encoding.end()
    return read(encoding)
  }

  test('has the resource, the scope, and the times in nanoseconds', () => {
    const point = {
      key: '',
      attributes: [['queue', 'mail']],
      start: 1_700_000_000_000,
      value: 1.5,
      exemplars: [],
    } as const
    expect(encode(sum, point)).toMatchObject({
      resource: { 'service.name': 'shop' },
      scope: { name: 'promhive', version: '1.2.3' },
      metrics: [
        {
          name: 'jobs_total',
          description: 'Jobs "done".',
          unit: 's',
          metadata: { 'prometheus.type': 'counter' },
          data: 'sum',
          aggregationTemporality: 1,
          isMonotonic: true,
          points: [
            {
              attributes: { queue: 'mail' },
              startTimeUnixNano: '1700000000000000000',
              timeUnixNano: '1700000001500000000',
              asDouble: 1.5,
            },
          ],
        },
      ],
    })
  })

  test.each([0, -0, 1e300, -5e-324, Number.NaN, Infinity, -Infinity, 0.1 + 0.2])('has the value %d', (value) => {
    const point = { key: '', attributes: [], start: undefined, value, exemplars: [] }
    expect(encode({ ...sum, data: 'gauge' }, point).metrics[0]!.points[0]!.asDouble).toBe(value)
  })

  test('has the buckets of a histogram, and exemplars with their trace', () => {
    const point = {
      key: '',
      attributes: [],
      start: 0,
      sum: 7.5,
      bounds: [0.5, 1],
      counts: [3, 0, 2 ** 53 - 1],
      exemplars: [exemplar],
    }
    const [metric] = encode({ ...sum, data: 'histogram', temporality: 'cumulative', isMonotonic: false }, point).metrics
    expect(metric).toMatchObject({ aggregationTemporality: 2 })
    expect(metric!.points[0]).toMatchObject({
      count: String(2 ** 53 + 2),
      sum: 7.5,
      bucketCounts: ['3', '0', String(2 ** 53 - 1)],
      explicitBounds: [0.5, 1],
      exemplars: [
        {
          asDouble: 0.25,
          timeUnixNano: '1700000001000000000',
          traceId: exemplar.traceId,
          spanId: exemplar.spanId,
          filteredAttributes: { user: 'é' },
        },
      ],
    })
  })

  test('has a histogram without a sum', () => {
    const point = { key: '', attributes: [], start: 0, sum: undefined, bounds: [], counts: [4], exemplars: [] }
    const [received] = encode({ ...sum, data: 'histogram' }, point).metrics[0]!.points
    expect(received).toMatchObject({ count: '4', bucketCounts: ['4'] })
    expect(received).not.toHaveProperty('sum')
  })

  test('has the quantiles of a summary', () => {
    const quantiles = [
      [0.5, 1],
      [0.9, Infinity],
    ] as const
    const point = { key: '', attributes: [], start: 0, sum: 3, count: 2, quantiles }
    expect(encode({ ...sum, data: 'summary' }, point).metrics[0]!.points[0]).toMatchObject({
      count: '2',
      sum: 3,
      quantileValues: [
        { quantile: 0.5, value: 1 },
        { quantile: 0.9, value: Infinity },
      ],
    })
  })

  test('a gauge has no start, and an exemplar without a time and a trace has neither', () => {
    const plain = { value: 1, time: undefined, traceId: undefined, spanId: undefined, attributes: [] }
    const point = { key: '', attributes: [], start: 5, value: 1, exemplars: [plain] }
    const [received] = encode({ ...sum, data: 'gauge' }, point).metrics[0]!.points
    expect(received).not.toHaveProperty('startTimeUnixNano')
    expect(received!.exemplars).toEqual([{ asDouble: 1, filteredAttributes: {} }])
  })

  test('begins the next request without the metrics of the last one', () => {
    const encoding = make()
    const point = { key: '', attributes: [], start: 0, value: 1, exemplars: [] }
    const names = ['a', 'b'].map((name) => {
      encoding.begin({ ...sum, name })
      encoding.point(point, point.start ?? 0, time)
      encoding.point(point, point.start ?? 0, time)
      encoding.end()
      encoding.begin({ ...sum, name: `${name}2` })
      encoding.point(point, point.start ?? 0, time)
      encoding.end()
      return read(encoding).metrics.map((metric) => [metric.name, metric.points.length])
    })
    expect(names).toEqual([
      [
        ['a', 2],
        ['a2', 1],
      ],
      [
        ['b', 2],
        ['b2', 1],
      ],
    ])
  })
})

test('both formats say the same of any points', () => {
  const attributes = fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })), {
    maxLength: 4,
  })
  const millisecond = fc.integer({ min: 0, max: 4_000_000_000_000 })
  const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`))
  const examples = fc.array(
    fc.record({
      value: fc.double(),
      time: fc.option(millisecond, { nil: undefined }),
      traceId: fc.option(hex(32), { nil: undefined }),
      spanId: fc.option(hex(16), { nil: undefined }),
      attributes,
    }),
    { maxLength: 2 },
  )
  const common = { key: fc.constant(''), attributes, start: millisecond }
  const points = [
    ['gauge', fc.record({ ...common, value: fc.double(), exemplars: examples })],
    ['sum', fc.record({ ...common, value: fc.double(), exemplars: examples })],
    [
      'histogram',
      fc.record({
        ...common,
        sum: fc.option(fc.double(), { nil: undefined }),
        bounds: fc.array(fc.double({ noDefaultInfinity: true, noNaN: true }), { maxLength: 3 }),
        counts: fc.array(fc.maxSafeNat(), { minLength: 1, maxLength: 4 }),
        exemplars: examples,
      }),
    ],
    [
      'summary',
      fc.record({
        ...common,
        sum: fc.double(),
        count: fc.maxSafeNat(),
        quantiles: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double()), { maxLength: 3 }),
      }),
    ],
  ] as const
  for (const [data, any] of points) {
    fc.assert(
      fc.property(fc.array<Point>(any, { minLength: 1, maxLength: 4 }), (list) => {
        const [one, other] = formats.map(([, make]) => {
          const encoding = make()
          encoding.begin({ ...sum, data, isMonotonic: data === 'sum' })
          for (const point of list) encoding.point(point, point.start!, time)
          encoding.end()
          return read(encoding).metrics
        })
        expect(withEmptyLists(other)).toEqual(withEmptyLists(one))
      }),
      { numRuns: 25 },
    )
  }
})

/** Protocol Buffers omit empty lists and zero. */
function withEmptyLists(metrics: ReceivedRequest['metrics'] | undefined) {
  return metrics!.map(({ points, ...metric }) => ({
    ...metric,
    points: points.map(({ quantileValues = [], explicitBounds = [], exemplars = [], ...point }) => ({
      ...point,
      quantileValues: quantileValues.map(({ quantile = 0, value = 0 }) => ({ quantile, value })),
      explicitBounds,
      exemplars,
    })),
  }))
}

function read(encoding: Encoding): ReceivedRequest {
  return decoded('', { 'content-type': encoding.contentType }, Buffer.from(encoding.finish()))
}
