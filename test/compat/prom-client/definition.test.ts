import { describe, expect, test } from 'vitest'
import { MetricsError } from '../../../src/index.js'
import { Counter, Gauge, Histogram } from '../../../src/prom-client.js'
import { expectSame, options } from './both.js'

const types = ['Counter', 'Gauge', 'Histogram', 'Summary'] as const

describe.each(types)('a %s', (type) => {
  test.each([
    ['no options', undefined],
    ['null', null],
    ['a name alone', 'm'],
    ['a number', 5],
    ['nothing in them', {}],
    ['no help', { name: 'm' }],
    ['an empty help', { name: 'm', help: '' }],
    ['no name', { help: 'M.' }],
    ['neither', { labelNames: ['a b'] }],
    ['a name with a space', { name: 'a b', help: 'M.' }],
    ['a name that begins with a digit', { name: '3d', help: 'M.' }],
    ['a label name with a space', { name: 'm', help: 'M.', labelNames: ['a', 'b c'] }],
    ['a label name that is no text', { name: 'm', help: 'M.', labelNames: ['a', 5] }],
    ['a bad name and a bad label name', { name: 'a b', help: 'M.', labelNames: ['b c'] }],
    ['a collect that is no function', { name: 'm', help: 'M.', collect: 5 }],
  ])('with %s is refused in the words of the client', (_, given) =>
    expectSame((client, sightings) =>
      sightings.attempt(() => {
        new client[type](typeof given === 'object' && given !== null ? { registers: [], ...given } : given)
      }),
    ),
  )

  test('has the fields of the client', () =>
    expectSame((client, sightings) => {
      const metric = new client[type](options({ labelNames: ['b', 'a'], extra: { any: 'thing' }, aggregator: 'max' }))
      const { name, help, labelNames, sortedLabelNames, registers, aggregator, enableExemplars, extra } = metric
      sightings.see({ name, help, labelNames, sortedLabelNames, registers, aggregator, enableExemplars, extra })
      sightings.see(metric.type)
    }))

  test('counts labels by position only if there is a value for each', () =>
    expectSame((client, sightings) => {
      const metric = new client[type](options({ labelNames: ['method', 'route'] }))
      for (const values of [[], ['GET'], ['GET', '/', 'x']]) {
        sightings.attempt(() => metric.labels(...values))
        sightings.attempt(() => metric.remove(...values))
      }
      sightings.attempt(() => new client[type](options()).labels('GET'))
    }))

  test('refuses labels that were not declared', () =>
    expectSame((client, sightings) => {
      const metric = new client[type](options({ labelNames: ['method', 'a'] }))
      const verb = ['inc', 'set', 'observe'].find((name) => metric[name] !== undefined)!
      sightings.attempt(() => metric[verb]({ verb: 'GET' }, 1))
      sightings.attempt(() => metric.labels({ verb: 'GET' })[verb](1))
      sightings.attempt(() => metric.remove({ verb: 'GET' }))
    }))

  test('is brought up to date by its collect, which is called with the metric', () =>
    expectSame(async (client, sightings) => {
      let calls = 0
      const metric = new client[type](
        options({
          async collect(this: Record<string, (value: number) => void>) {
            calls++
            await Promise.resolve()
            const verb = ['inc', 'set', 'observe'].find((name) => this[name] !== undefined)!
            this[verb]!(2)
          },
        }),
      )
      const { values } = await metric.get()
      sightings.see({ calls, last: values.at(-1), isOwn: typeof metric.collect })
      const failing = new client[type](
        options({
          collect() {
            throw new RangeError('no database')
          },
        }),
      )
      await failing.get().catch((error: Error) => sightings.see(error.message))
    }))
})

test.each([
  ['Histogram', 'le'],
  ['Summary', 'quantile'],
] as const)('a %s refuses the label %s in the words of the client', (type, label) =>
  expectSame((client, sightings) => sightings.attempt(() => new client[type](options({ labelNames: [label] })))),
)

test('options that are undefined have their defaults', () => {
  const metric = new Histogram({
    ...options({ labelNames: undefined, buckets: undefined, registers: [] }),
  } as ConstructorParameters<typeof Histogram>[0])
  expect(metric).toMatchObject({ buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] })
})

test('an option of another library does not reach the metric that counts', async () => {
  const config = options({ family: 'x', mode: 'none', unit: 'jars', children: 5, expireAfter: -1 })
  const gauge = new Gauge(config as ConstructorParameters<typeof Gauge>[0])
  gauge.set(3)
  expect((await gauge.get()).values).toEqual([{ value: 3, labels: {} }])
})

test('a label that Prometheus keeps for itself is refused, and the error says so', () => {
  const config = options({ labelNames: ['__name__'] }) as ConstructorParameters<typeof Counter>[0]
  expect(() => new Counter(config)).toThrow(MetricsError)
})
