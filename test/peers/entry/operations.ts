import fc from 'fast-check'

export type Labels = Record<string, unknown>

export interface Definition {
  readonly type: 'Counter' | 'Gauge' | 'Histogram' | 'Summary'
  readonly registers: readonly number[]
  readonly name?: unknown
  readonly help?: unknown
  readonly labelNames: readonly string[]
  readonly buckets?: readonly unknown[]
  readonly percentiles?: readonly number[]
  readonly enableExemplars?: boolean
  readonly aggregator?: string
}

/** How labels are passed: beside the amount, to labels() by name, to labels() in order, or not at all. */
export type Form = 'beside' | 'by name' | 'in order' | 'none'

type OnMetric =
  | { readonly do: 'define'; readonly definition: Definition }
  | {
      readonly do: 'count'
      readonly verb: 'inc' | 'dec' | 'set' | 'observe' | 'startTimer'
      readonly labels: Labels
      readonly as: Form
      readonly amount: unknown
      readonly exemplar?: Labels | undefined
    }
  | { readonly do: 'remove'; readonly labels: Labels; readonly as: Form }
  | { readonly do: 'store' | 'zero'; readonly labels: Labels }
  | { readonly do: 'reset' | 'get' | 'removeSingleMetric' | 'getSingleMetricAsString' | 'register' }

type OnRegistry =
  | { readonly do: 'metrics' | 'getMetricsAsJSON' | 'clear' | 'resetMetrics' }
  | { readonly do: 'setDefaultLabels'; readonly labels: Labels }
  | { readonly do: 'setContentType'; readonly contentType: string }
  | { readonly do: 'plug in'; readonly object: Labels }
  | {
      readonly do: 'filter'
      readonly read: 'getMetricsAsJSON' | 'getMetricsAsArray'
      readonly aggregator: string
    }
  | { readonly do: 'aggregate' | 'merge'; readonly read: 'metrics' | 'getMetricsAsJSON' }

export type Operation = ((OnMetric & { readonly metric: number }) | OnRegistry) & { readonly registry?: number }

const text = 'text/plain; version=0.0.4; charset=utf-8'
const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

const names = ['a', 'b', 'c']
export const metric = fc.nat({ max: 3 })
const registry = fc.nat({ max: 1 })

/** No value that the list has under “a label that is undefined, null or empty”. No text with both `:` and `,`: prom-client's keys collide. */
const labelValue = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom<unknown>('x', 'y', 1, '1') },
  fc.constantFrom<unknown>(' ', '"', '\\', '\n', '\\n', 'ü✓💥', '{a="b"}', true, false, 0, -1.5, 1e21),
)

/** Labels in any order. */
function labelsOf(values: fc.Arbitrary<unknown>): fc.Arbitrary<Labels> {
  const some = fc.shuffledSubarray(names)
  return some.chain((keys) =>
    fc.tuple(...keys.map(() => values)).map((drawn) => Object.fromEntries(keys.map((key, i) => [key, drawn[i]]))),
  )
}

export const labels = fc.oneof(
  { weight: 12, arbitrary: labelsOf(labelValue) },
  { weight: 1, arbitrary: fc.constant<Labels>({ undeclared: 'x' }) },
)

const number = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(0, 1, 2, 0.5, 1e9) },
  fc.double({ noNaN: true }),
  fc.constantFrom(-0, -1, 0.1, 1e21, 5e-324, Number.MAX_VALUE, Infinity, -Infinity, Number.NaN),
)
const notNumber = fc.constantFrom<unknown>(undefined, null, '1', '', 'x', true, false, {}, [])
const amount = fc.oneof({ weight: 12, arbitrary: number }, notNumber)
const form = fc.constantFrom<Form>('beside', 'by name', 'in order', 'none')

const buckets = fc.uniqueArray(
  fc.oneof(fc.constantFrom(0, 0.5, 1, 2, 10, -5), fc.double({ noNaN: true, noDefaultInfinity: true })),
  {
    maxLength: 4,
    comparator: (one, other) => one === other,
  },
)

/** prom-client counts at -1 what is above all bounds, and needs them in order. */
const ascending = buckets.map((bounds) => bounds.filter((bound) => bound !== -1).sort((one, other) => one - other))

const definition: fc.Arbitrary<Definition> = fc
  .record(
    {
      type: fc.constantFrom<Definition['type']>('Counter', 'Gauge', 'Histogram', 'Summary'),
      registers: fc.constantFrom([0], [0], [1], [0, 1], [2]),
      help: fc.constantFrom('Help of "it" \\ and\nmore'),
      labelNames: fc.oneof(fc.constant([]), fc.shuffledSubarray(names)),
      buckets: ascending,
      percentiles: fc.constantFrom<readonly number[]>([0.5], [0.5, 0.9], [0.01, 0.99]),
      enableExemplars: fc.boolean(),
      aggregator: fc.constantFrom('sum', 'first', 'min', 'max', 'average', 'omit'),
    },
    { requiredKeys: ['type', 'registers', 'help', 'labelNames', 'percentiles'] },
  )
  .map(({ labelNames, ...drawn }) => {
    return { ...drawn, labelNames: drawn.type === 'Gauge' ? [...labelNames].sort() : labelNames } as Definition
  })

const wrongDefinition: fc.Arbitrary<Definition> = fc
  .tuple(
    definition,
    fc.constantFrom<Partial<Definition>>(
      { help: '' },
      { help: undefined },
      { name: '' },
      { name: 'a b' },
      { name: '1a' },
      { labelNames: ['a', 'b-c'] },
    ),
  )
  .map(([right, wrong]) => ({ ...right, ...wrong }))

const exemplar = fc.option(fc.constantFrom<Labels>({ trace_id: 'abc' }, { trace_id: 'abc', span_id: '7' }), {
  nil: undefined,
})

const count = fc.record({
  do: fc.constant('count' as const),
  verb: fc.constantFrom('inc' as const, 'dec' as const, 'set' as const, 'observe' as const, 'startTimer' as const),
  metric,
  labels,
  as: form,
  amount,
  exemplar,
})

const plugInValue = (value: fc.Arbitrary<unknown>) =>
  fc.record(
    {
      value,
      labels: labelsOf(fc.constantFrom<unknown>('x', 1, '"', true)),
      sharedLabels: labelsOf(fc.constantFrom<unknown>('x', 1)),
    },
    { requiredKeys: ['value'] },
  )

/** An object with `get()`. No two of its values have the same labels: no format could show these. */
const plugIn = fc.constantFrom('gauge', 'counter').chain((type) =>
  fc.record(
    {
      name: fc.constant('plug_in'),
      help: fc.constantFrom('Some\nhelp \\', ''),
      type: fc.constant(type),
      values: fc.uniqueArray(plugInValue(type === 'gauge' ? number : fc.constantFrom(0, 1, 2.5, 1e21)), {
        maxLength: 3,
        selector: ({ labels, sharedLabels }) => {
          const all = Object.entries({ ...labels, ...sharedLabels })
          return JSON.stringify(all.map(([name, value]) => [name, `${value}`]).sort())
        },
      }),
    },
    { requiredKeys: ['name', 'help', 'type'] },
  ),
)

const reading: readonly fc.WeightedArbitrary<Operation>[] = [
  {
    weight: 14,
    arbitrary: fc.record({ do: fc.constantFrom('metrics' as const, 'getMetricsAsJSON' as const), registry }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constantFrom('get' as const, 'getSingleMetricAsString' as const), metric, registry }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('merge' as const),
      read: fc.constantFrom('metrics' as const, 'getMetricsAsJSON' as const),
    }),
  },
]

export const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 40, arbitrary: fc.record({ do: fc.constant('define' as const), metric, definition }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('define' as const), metric, definition: wrongDefinition }) },
  { weight: 160, arbitrary: count },
  { weight: 20, arbitrary: fc.record({ do: fc.constant('remove' as const), metric, labels, as: form }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('zero' as const), metric, labels }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constantFrom('reset' as const, 'register' as const, 'removeSingleMetric' as const),
      metric,
      registry,
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('setDefaultLabels' as const), labels, registry }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('setContentType' as const),
      contentType: fc.constantFrom(text, openMetrics, 'text/html'),
      registry,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('plug in' as const), object: plugIn as fc.Arbitrary<Labels>, registry }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('clear' as const, 'resetMetrics' as const), registry }) },
  ...reading,
)

/** What is read when a program has ended. */
export const readings: readonly Operation[] = [
  { do: 'metrics', registry: 0 },
  { do: 'metrics', registry: 1 },
  { do: 'getMetricsAsJSON', registry: 0 },
  { do: 'getMetricsAsJSON', registry: 1 },
  ...[0, 1, 2, 3].map((metric): Operation => ({ do: 'get', metric })),
]

/** A program that meets what random ones seldom meet: series that come twice, apart from each other. */
export const rare: readonly Operation[] = [
  { do: 'setContentType', contentType: openMetrics, registry: 0 },
  {
    do: 'plug in',
    object: {
      name: 'plug_in',
      help: '',
      type: 'gauge',
      values: [{ value: 1 }, { value: 2, labels: { a: 1 } }, { value: 3 }],
    },
    registry: 0,
  },
]
