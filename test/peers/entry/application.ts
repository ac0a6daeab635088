import type { Definition, Labels, Operation } from './operations.js'

// biome-ignore lint/suspicious/noExplicitAny: every member is called with wrong arguments as well
export type Any = any

/** What both clients export under the same names. */
export interface Client {
  readonly Registry: new (contentType?: string, like?: unknown) => Any
  readonly Counter: new (options: unknown) => Any
  readonly Gauge: new (options: unknown) => Any
  readonly Histogram: new (options: unknown) => Any
  readonly Summary: new (options: unknown) => Any
  readonly AggregatorRegistry: Any
}

/** What became of a call: what it returned, or the kind and the text of what it threw. */
export type Outcome = { readonly returned: unknown } | { readonly threw: string }

/** The third one is not read. */
const registries = 3

/** What becomes of a call. */
export async function outcomeOf(call: () => unknown): Promise<Outcome> {
  try {
    return { returned: shown(await call()) }
  } catch (cause) {
    return { threw: fault(cause) }
  }
}

/** One application, run with one client. */
export class Application {
  readonly registries: Any[]
  readonly definitions: (Definition | undefined)[] = []
  readonly metrics: Any[] = []

  /**
   * @param newRegistry returns an empty registry
   * @param repair changes a metric once it is made
   */
  constructor(
    private readonly client: Client,
    newRegistry: () => unknown,
    private readonly repair: (metric: Any) => void = () => {},
  ) {
    this.registries = Array.from({ length: registries }, () => newRegistry())
  }

  run(operation: Operation): Promise<Outcome> {
    return outcomeOf(() => this.attempt(operation))
  }

  private attempt(operation: Operation): unknown {
    const registry = this.registries[operation.registry ?? 0]
    switch (operation.do) {
      case 'define':
        return this.define(operation.metric, operation.definition)
      case 'plug in':
        return registry.registerMetric(plugIn(operation.object))
      case 'register':
        return this.metrics[operation.metric] && registry.registerMetric(this.metrics[operation.metric])
      case 'removeSingleMetric':
      case 'getSingleMetricAsString':
        return registry[operation.do](nameOf(operation.metric))
      case 'setDefaultLabels':
        return registry.setDefaultLabels({ ...operation.labels })
      case 'setContentType':
        return registry.setContentType(operation.contentType)
      case 'merge':
        return this.merged(operation.read)
      case 'filter':
        return this.filtered(registry, operation)
      case 'aggregate':
        return this.aggregated(operation.read)
      case 'metrics':
      case 'getMetricsAsJSON':
      case 'clear':
      case 'resetMetrics':
        return registry[operation.do]()
      default:
        return this.use(this.metrics[operation.metric], this.definitions[operation.metric], operation)
    }
  }

  private merged(read: 'metrics' | 'getMetricsAsJSON'): unknown {
    return (this.client.Registry as Any).merge(this.registries.slice(0, 2))[read]()
  }

  private filtered(registry: Any, { read, aggregator }: Extract<Operation, { do: 'filter' }>): unknown {
    if (read === 'getMetricsAsJSON') return registry.getMetricsAsJSON(aggregator)
    return registry.getMetricsAsArray(aggregator).map(({ name }: Any) => name)
  }

  /** What is counted in both registries, as one. */
  private async aggregated(read: 'metrics' | 'getMetricsAsJSON'): Promise<unknown> {
    const json = await Promise.all(this.registries.slice(0, 2).map((registry) => registry.getMetricsAsJSON()))
    return this.client.AggregatorRegistry.aggregate(json)[read]()
  }

  private use(
    metric: Any,
    definition: Definition | undefined,
    operation: Extract<Operation, { metric: number }>,
  ): unknown {
    if (metric === undefined || definition === undefined) return undefined
    switch (operation.do) {
      case 'reset':
        return metric.reset()
      case 'get':
        return metric.get()
      case 'store':
        return stored(metric, operation.labels)
      case 'zero':
        return metric.zero?.({ ...operation.labels })
      case 'remove':
        return metric.remove(...this.passed(definition, operation.labels, operation.as))
      case 'count':
        return this.count(metric, definition, operation)
      default:
        return undefined
    }
  }

  private count(
    metric: Any,
    definition: Definition,
    { verb, labels: drawn, as, amount, exemplar }: Extract<Operation, { do: 'count' }>,
  ): unknown {
    // prom-client shows a gauge's labels as they were passed last.
    const labels = definition.type === 'Gauge' ? inOneForm(drawn) : drawn
    if (typeof metric[verb] !== 'function') return undefined
    if (verb === 'startTimer') {
      if (as === 'beside') return metric.startTimer({ ...labels })()
      if (as === 'none') return metric.startTimer()({ ...labels })
      return metric.labels(...this.passed(definition, labels, as)).startTimer()()
    }
    if (definition.enableExemplars && (verb === 'inc' || verb === 'observe') && as === 'beside') {
      return metric[verb]({ labels: { ...labels }, value: amount, ...(exemplar && { exemplarLabels: exemplar }) })
    }
    if (as === 'beside') return metric[verb]({ ...labels }, amount)
    if (as === 'none') return metric[verb](amount)
    metric.labels(...this.passed(definition, labels, as))[verb](amount)
    return undefined
  }

  private passed({ labelNames }: Definition, labels: Labels, as: string): unknown[] {
    return as === 'in order' ? labelNames.map((name) => labels[name] ?? 'none') : [{ ...labels }]
  }

  private define(index: number, definition: Definition): unknown {
    const { type, registers, ...options } = definition
    const Class = this.client[type]
    const name = options.name ?? nameOf(index)
    // prom-client leaves a metric that its second registry refuses in the first one, unfinished.
    const refused = this.metrics[index] !== undefined || options.enableExemplars === true
    const chosen = (refused ? registers.slice(0, 1) : registers).map((each) => this.registries[each])
    const metric = new Class({ ...options, name, registers: chosen })
    this.repair(metric)
    this.metrics[index] = metric
    this.definitions[index] = definition
    return undefined
  }
}

function inOneForm(labels: Labels): Labels {
  return Object.fromEntries(
    Object.entries(labels)
      .map(([name, value]) => [name, `${value}`])
      .sort(),
  )
}

/** What a metric's `store` shows of its series, without what only the client keeps there. */
function stored({ store, type }: Any, labels: Labels): unknown {
  const figures = ({ value, bucketValues, sum, count, labels }: Any): Any =>
    type === 'summary' ? [labels, value.sum, value.count] : [labels, value, bucketValues, sum, count]
  const entry = store.entry({ ...labels })
  // promhive's storage has an order of its own.
  const all = [...store.values()].map((each) => JSON.stringify(figures(each))).sort()
  return [store.size, all, entry && figures(entry), typeof store.get({ ...labels })]
}

export function nameOf(metric: number): string {
  return `metric_${metric}`
}

function plugIn(object: Labels): object {
  return { name: object.name, get: () => structuredClone(object), reset() {} }
}

/** The kind and the text of an error; the kind alone where the client passes on what the language throws. */
function fault(cause: unknown): string {
  const kind = cause instanceof TypeError ? 'TypeError' : cause instanceof RangeError ? 'RangeError' : 'Error'
  const { message } = cause as Error
  const byLanguage =
    /^Cannot (?:read|set|convert|destructure)|is not (?:a function|iterable)|^there is no metric named/.test(message)
  return byLanguage ? kind : `${kind}: ${message}`
}

/**
 * What a call returned, as text: the order of the keys counts. Left out are times, which differ from run to run, and
 * quantiles, which each client estimates in its own way.
 */
function shown(returned: unknown): unknown {
  if (typeof returned === 'string') {
    return returned
      .replaceAll(/(# \{.*?\} \S+) \d+(\.\d+)?$/gm, '$1 TIME')
      .replaceAll(/^(\w+\{quantile=.*\}) \S+$/gm, '$1 QUANTILE')
  }
  if (typeof returned !== 'object' || returned === null) return returned
  // promhive makes it when it is read.
  if ('labelHash' in returned) return returned.labelHash
  return JSON.stringify(returned, shownValue, 1)
}

function shownValue(key: string, value: unknown): unknown {
  if (key === 'timestamp') return 'TIME'
  // An array that was passed as labels has none.
  if (key === 'labels' && Array.isArray(value) && value.length === 0) return {}
  if (value === undefined) return 'UNDEFINED'
  if (typeof value === 'number' && !Number.isFinite(value)) return `${value}`
  const isQuantile = typeof value === 'object' && (value as Any)?.labels?.quantile !== undefined
  return isQuantile && (value as Any).value !== 'QUANTILE' ? { ...value, value: 'QUANTILE' } : value
}
