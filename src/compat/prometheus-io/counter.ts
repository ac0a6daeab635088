import type { Labels } from '../../model/series-index/series-numbers.js'
import type { ClientRules } from '../prom-client/client-rules.js'
import { increase, Counter as PromClientCounter } from '../prom-client/counter.js'
import { isObject } from '../prom-client/validation.js'
import { prometheusIoRules } from './rules.js'
import { SeriesStore } from './series-store.js'
import type {
  CounterConfiguration,
  IncreaseDataWithExemplar,
  LabelValues,
  MetricObjectWithValues,
  MetricValue,
} from './types.js'

// The types are those of the class below: this client's differ from prom-client's.
const Base = class extends PromClientCounter {
  override get rules(): ClientRules {
    return prometheusIoRules
  }

  get store(): SeriesStore {
    return new SeriesStore(this)
  }

  override incWithoutExemplar(labels?: unknown, value?: unknown): void {
    if (!isObject(labels)) this.only.inc(increase(labels))
    else {
      // Before the labels, as in the client.
      const amount = increase(value)
      this.find(labels as Labels).inc(amount)
    }
  }

  override incWithExemplar(data: IncreaseDataWithExemplar<string> = {}): void {
    increase(data.value)
    super.incWithExemplar(data)
  }
} as unknown as new (
  configuration: unknown,
) => object

/**
 * Counts what only goes up: requests, errors, bytes sent.
 *
 * @example
 * const requests = new Counter({ name: 'http_requests_total', help: 'Requests answered.', labelNames: ['method'] })
 * requests.inc({ method: 'GET' })
 * requests.labels('GET').inc(2)
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the base class has the methods
export class Counter<T extends string = never> extends Base {
  /**
   * Makes a counter and registers it.
   *
   * @param configuration its name, its help and more
   * @throws Error, TypeError naming the option that is missing or wrong
   */
  constructor(configuration: CounterConfiguration<T>) {
    super(configuration)
  }
}

export interface Counter<T extends string = never> {
  /**
   * Adds `value`, 1 by default, to the series of these labels.
   *
   * @param labels the labels; without them, the value. With `enableExemplars`, labels, value and exemplar in one object
   */
  inc(labels?: LabelValues<T> | IncreaseDataWithExemplar<T> | number, value?: number): void
  /** Returns the merged values of all processes. */
  get(): Promise<MetricObjectWithValues<MetricValue<T>>>
  /** Returns the series of these labels: an object, or the values in the order of the label names. */
  labels(labels?: LabelValues<T> | string, ...values: string[]): Counter.Internal
  /** Sets the counter to 0, and removes the series of all labels. */
  reset(): void
  /** Removes the series of these labels: an object, or the values in the order of the label names. */
  remove(labels?: LabelValues<T> | string, ...values: string[]): void
}

export namespace Counter {
  /** One series of a counter. */
  export interface Internal {
    /** Adds `value`, 1 by default. */
    inc(value?: number): void
  }
}
