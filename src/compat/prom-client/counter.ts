import { type CounterChild, Counter as PromhiveCounter } from '../../metric/counter.js'
import type { Labels } from '../../model/series-index/series-numbers.js'
import { clientMetric } from './client-metric.js'
import { hashOf } from './own-series.js'
import type {
  CounterConfiguration,
  IncreaseDataWithExemplar,
  LabelValues,
  MetricObjectWithValues,
  MetricValue,
} from './types.js'
import { exemplarFault, exemplarTexts, isObject, notANumber } from './validation.js'

const Base = clientMetric<CounterChild>(PromhiveCounter)

/** What `inc` returns: the key of the series, made when it is read. */
class Increase {
  constructor(
    private readonly labels: Labels,
    private readonly names: readonly string[],
  ) {}

  get labelHash(): string {
    return hashOf(this.labels, this.names)
  }
}

const none: Labels = {}

/**
 * Counts what only goes up: requests, errors, bytes sent.
 *
 * @example
 * const requests = new Counter({ name: 'http_requests_total', help: 'Requests answered.', labelNames: ['method'] })
 * requests.inc({ method: 'GET' })
 * requests.labels('GET').inc(2)
 */
export class Counter<T extends string = string> extends Base {
  /**
   * Makes a counter and registers it.
   *
   * @param configuration its name, its help and more
   * @throws Error, TypeError naming the option that is missing or wrong
   */
  constructor(configuration: CounterConfiguration<T>) {
    super(configuration, { type: 'counter' })
    // On the counter itself, as code for the client may replace it there.
    this.inc = (this.enableExemplars ? this.incWithExemplar : this.incWithoutExemplar) as Counter<T>['inc']
  }

  /**
   * Adds `value`, by default 1, to the series of these labels.
   *
   * @param labels the labels; without them, the value. With `enableExemplars`, labels, value and exemplar in one object
   */
  inc(labels?: LabelValues<T> | IncreaseDataWithExemplar<T> | number, value?: number): void
  inc(labels?: unknown, value?: unknown): unknown {
    return this.incWithoutExemplar(labels, value)
  }

  /** @internal */
  incWithoutExemplar(labels?: unknown, value?: unknown): unknown {
    const { labelNames } = this.family
    if (!isObject(labels)) {
      this.only.inc(increase(labels))
      return new Increase(none, labelNames)
    }
    this.find(labels as Labels).inc(increase(value))
    return new Increase(labels as Labels, labelNames)
  }

  /** @internal */
  incWithExemplar({ labels, value = 1, exemplarLabels }: IncreaseDataWithExemplar<T> = {}): void {
    this.incChild(isObject(labels) ? this.find(labels) : this.only, value, exemplarLabels)
  }

  /** Returns the merged values of all processes. */
  override get(): Promise<MetricObjectWithValues<MetricValue<T>>> {
    return this.read() as Promise<MetricObjectWithValues<MetricValue<T>>>
  }

  /** Returns the series of these labels: an object, or the values in the order of the label names. */
  labels(labels?: LabelValues<T> | string, ...values: string[]): Counter.Internal
  labels(...values: unknown[]): Counter.Internal {
    const labels = this.labelsOf(values)
    // Labels that were not declared are an error of `inc`.
    if (!this.declares(labels)) return { inc: (value) => this.incWithoutExemplar(labels, value) }
    const child = this.held(labels)
    if (!this.enableExemplars) return { inc: (value) => child.inc(increase(value)) }
    return {
      inc: (value?: number | IncreaseDataWithExemplar<T>, exemplarLabels?: LabelValues<T>) => {
        if (isObject(value)) this.incChild(child, value.value ?? 1, value.exemplarLabels)
        else this.incChild(child, value ?? 1, exemplarLabels)
      },
    }
  }

  /** Sets the counter to 0, and removes the series of all labels. */
  override reset(): void {
    super.reset()
  }

  /** Removes the series of these labels: an object, or the values in the order of the label names. */
  override remove(labels?: LabelValues<T> | string, ...values: string[]): void
  override remove(...values: unknown[]): void {
    super.remove(...values)
  }

  private incChild(child: CounterChild, value: number, exemplarLabels: Labels | undefined): void {
    if (exemplarLabels === undefined) child.inc(increase(value))
    else {
      const fault = exemplarFault(exemplarLabels)
      const validLabels = fault === undefined ? exemplarTexts(exemplarLabels) : undefined
      if (!this.rules.cumulativeExemplars) child.inc(increase(value), validLabels)
      else {
        child.inc(increase(value))
        if (validLabels !== undefined) child.exemplifyTotal(validLabels)
      }
      if (fault !== undefined) throw fault
    }
  }
}

export namespace Counter {
  /** One series of a counter. */
  export interface Internal {
    /** Adds `value`, by default 1. */
    inc(value?: number): void
  }
}

/** What a call of `inc` adds. */
export function increase(value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY) return value
  if (value === undefined || value === null) return 1
  if (value === false) return 0
  if (typeof value === 'number' && value < 0 && Number.isFinite(value))
    throw new Error('It is not possible to decrease a counter')
  // NaN would make the counter NaN forever.
  throw notANumber('Value', value)
}
