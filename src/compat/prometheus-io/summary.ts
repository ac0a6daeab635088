import type { ClientRules } from '../prom-client/client-rules.js'
import { Summary as PromClientSummary } from '../prom-client/summary.js'
import { prometheusIoRules } from './rules.js'
import { SeriesStore } from './series-store.js'
import type { LabelValues, MetricObjectWithValues, MetricValueWithName, SummaryConfiguration } from './types.js'

// The types are those of the class below: this client's differ from prom-client's.
const Base = class extends PromClientSummary {
  override get rules(): ClientRules {
    return prometheusIoRules
  }

  get store(): SeriesStore {
    return new SeriesStore(this)
  }
} as unknown as new (
  configuration: unknown,
) => object

/**
 * Counts observations and their sum, and estimates their quantiles.
 *
 * @example
 * const sizes = new Summary({ name: 'response_size_bytes', help: 'Size of the responses.', percentiles: [0.5, 0.99] })
 * sizes.observe(512)
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the base class has the methods
export class Summary<T extends string = never> extends Base {
  /**
   * Makes a summary and registers it.
   *
   * @param configuration its name, its help, its percentiles and more
   * @throws Error, TypeError naming the option that is missing or wrong
   */
  constructor(configuration: SummaryConfiguration<T>) {
    super(configuration)
  }
}

export interface Summary<T extends string = never> {
  /** Counts a value in the series without labels. */
  observe(value: number): void
  /** Counts a value. */
  observe(labels: LabelValues<T>, value: number): void
  /** Returns the merged values of all processes. */
  get(): Promise<MetricObjectWithValues<MetricValueWithName<T>>>
  /** Starts a clock; the returned function observes the seconds since and returns them. Labels are read at its end. */
  startTimer(labels?: LabelValues<T>): (labels?: LabelValues<T>) => number
  /** Sets every series to 0. */
  reset(): void
  /** Returns the series of these labels: an object, or the values in the order of the label names. */
  labels(labels?: LabelValues<T> | string, ...values: string[]): Summary.Internal<T>
  /** Removes the series of these labels: an object, or the values in the order of the label names. */
  remove(labels?: LabelValues<T> | string, ...values: string[]): void
}

export namespace Summary {
  /** One series of a summary. */
  export interface Internal<T extends string> {
    observe(value: number): void
    /** Starts a clock; the returned function observes the seconds since and returns them. */
    startTimer(): (labels?: LabelValues<T>) => number
  }

  export interface Config {
    /** Which quantiles to show, each from 0 to 1. */
    percentiles?: number[]
  }
}
