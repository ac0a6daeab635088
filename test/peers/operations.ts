import fc from 'fast-check'

/** What both libraries have under the same names; each is called in the same way. */
export interface Library {
  readonly Registry: new () => AnyRegistry
  readonly Counter: new (options: object) => AnyMetric
  readonly Gauge: new (options: object) => AnyMetric
  readonly Histogram: new (options: object) => AnyMetric
}

export interface AnyRegistry {
  metrics(): Promise<string>
  getMetricsAsJSON(): Promise<object[]>
  setDefaultLabels(labels: object): void
  removeSingleMetric(name: string): void
  resetMetrics(): void
  clear(): void
}

// biome-ignore lint/suspicious/noExplicitAny: the verbs are called with wrong arguments as well
export type AnyMetric = Record<string, (...args: any[]) => any>

export type Labels = Record<string, unknown>
export type Type = 'counter' | 'gauge' | 'histogram'

export interface Definition {
  readonly type: Type
  readonly labelNames: readonly string[]
  readonly buckets: readonly number[]
}

export type Operation =
  | { readonly do: 'define'; readonly metric: number; readonly definition: Definition }
  | { readonly do: Verb; readonly metric: number; readonly labels: Labels; readonly as: Form; readonly amount: unknown }
  | { readonly do: 'remove'; readonly metric: number; readonly labels: Labels; readonly as: Form }
  | { readonly do: 'reset'; readonly metric: number }
  | { readonly do: 'removeSingleMetric'; readonly metric: number }
  | { readonly do: 'zero'; readonly metric: number; readonly labels: Labels }
  | { readonly do: 'setDefaultLabels'; readonly labels: Labels }
  | { readonly do: 'resetMetrics' | 'clear' }

/** What is done to one metric, and to the registry. */
type Use = Exclude<Extract<Operation, { metric: number }>, { do: 'define' | 'removeSingleMetric' }>
type Change = Exclude<Operation, { metric: number }>

export type Verb = 'inc' | 'dec' | 'set' | 'observe'
/** How labels are passed: beside the amount, to labels() by name, to labels() in order, or not at all. */
export type Form = 'beside' | 'by name' | 'in order' | 'none'

/** One application, run with one library. */
export class Application {
  readonly registry: AnyRegistry
  readonly definitions: (Definition | undefined)[] = []
  private readonly metrics: (AnyMetric | undefined)[] = []

  constructor(private readonly library: Library) {
    this.registry = new library.Registry()
  }

  /** Does it; returns whether it threw. */
  run(operation: Operation): boolean {
    try {
      this.attempt(operation)
      return false
    } catch {
      return true
    }
  }

  private attempt(operation: Operation): void {
    const { registry } = this
    if (!('metric' in operation)) this.change(operation)
    else if (operation.do === 'define') this.define(operation.metric, operation.definition)
    else if (operation.do === 'removeSingleMetric') {
      registry.removeSingleMetric(nameOf(operation.metric))
      this.metrics[operation.metric] = undefined
      this.definitions[operation.metric] = undefined
    } else {
      const metric = this.metrics[operation.metric]
      if (metric !== undefined) this.use(metric, this.definitions[operation.metric]!, operation)
    }
  }

  private change(operation: Change): void {
    const { registry } = this
    if (operation.do === 'setDefaultLabels') registry.setDefaultLabels({ ...operation.labels })
    else if (operation.do === 'resetMetrics') registry.resetMetrics()
    else {
      registry.clear()
      this.metrics.length = 0
      this.definitions.length = 0
    }
  }

  private use(metric: AnyMetric, { labelNames }: Definition, operation: Use): void {
    if (operation.do === 'reset') metric.reset!()
    else if (operation.do === 'zero') metric.zero?.({ ...operation.labels })
    else {
      const labels = { ...operation.labels }
      const named = operation.as === 'in order' ? labelNames.map((name) => labels[name]) : [labels]
      if (operation.do === 'remove') metric.remove!(...named)
      else if (metric[operation.do] === undefined) return
      else if (operation.as === 'beside') metric[operation.do]!(labels, operation.amount)
      else if (operation.as === 'none') metric[operation.do]!(operation.amount)
      else metric.labels!(...named)[operation.do](operation.amount)
    }
  }

  private define(index: number, definition: Definition): void {
    if (this.metrics[index] !== undefined) return
    const { type, labelNames, buckets } = definition
    const common = { name: nameOf(index), help: `Help of "${index}" \\ and\nmore`, labelNames: [...labelNames] }
    const made = {
      counter: () => new this.library.Counter({ ...common, registers: [this.registry] }),
      gauge: () => new this.library.Gauge({ ...common, registers: [this.registry] }),
      histogram: () => new this.library.Histogram({ ...common, buckets: [...buckets], registers: [this.registry] }),
    }
    this.metrics[index] = made[type]()
    this.definitions[index] = definition
  }
}

export function nameOf(metric: number): string {
  return `metric_${metric}`
}

const names = ['a', 'b', 'c']
const metric = fc.nat({ max: 3 })

/** No text `undefined`: that is how prom-client shows a label that is not there. No text with both `:` and `,`: its keys collide. */
const labelValue = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<unknown>('x', 'y', 1, '1') },
  fc.constantFrom<unknown>(' ', '"', '\\', '\n', '\\n', 'ü✓💥', '{a="b"}', true, false, 0, -1.5, 1e21, undefined),
)

const labels = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(Object.fromEntries(names.map((name) => [name, labelValue])), { requiredKeys: [] }),
  },
  { weight: 1, arbitrary: fc.constant<Labels>({ undeclared: 'x' }) },
)

const number = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 1, 2, 0.5, 1e9) },
  fc.double({ noNaN: true }),
  fc.constantFrom(-0, -1, 0.1, 1e21, 5e-324, Number.MAX_VALUE, Infinity, -Infinity, Number.NaN),
)
const notNumber = fc.constantFrom<unknown>(undefined, null, '1', '', true, false, {}, [])
const amount = fc.oneof({ weight: 12, arbitrary: number }, notNumber)
const form = fc.constantFrom<Form>('beside', 'by name', 'in order', 'none')

/** Not -1 among the bounds: prom-client counts there what is above all of them. */
const buckets = fc
  .uniqueArray(fc.oneof(fc.constantFrom(0, 0.5, 1, 2, 10, -5), fc.double({ noNaN: true, noDefaultInfinity: true })), {
    maxLength: 4,
    comparator: (one, other) => one === other,
  })
  .map((bounds) => bounds.filter((bound) => bound !== -1).sort((one, other) => one - other))

const definition: fc.Arbitrary<Definition> = fc.record({
  type: fc.constantFrom<Type>('counter', 'gauge', 'histogram'),
  labelNames: fc.oneof(fc.constant([]), fc.shuffledSubarray(names)),
  buckets,
})

const verb = fc.constantFrom<Verb>('inc', 'dec', 'set', 'observe')

export const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 40, arbitrary: fc.record({ do: fc.constant('define' as const), metric, definition }) },
  { weight: 140, arbitrary: fc.record({ do: verb, metric, labels, as: form, amount }) },
  { weight: 20, arbitrary: fc.record({ do: fc.constant('remove' as const), metric, labels, as: form }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('reset' as const), metric }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('zero' as const), metric, labels }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('removeSingleMetric' as const), metric }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('setDefaultLabels' as const), labels }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('resetMetrics' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('clear' as const) }) },
)
