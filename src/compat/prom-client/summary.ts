import { Summary as PromhiveSummary, type SummaryChild } from '../../metric/summary.js'
import { startClock } from '../../metric/timer.js'
import type { Labels } from '../../model/series-index/series-numbers.js'
import { clientMetric } from './client-metric.js'
import type { LabelValues, MetricObjectWithValues, MetricValueWithName, SummaryConfiguration } from './types.js'
import { checkLabels, notANumber } from './validation.js'

const Base = clientMetric<SummaryChild>(PromhiveSummary)

const defaultPercentiles = [0.01, 0.05, 0.5, 0.9, 0.95, 0.99, 0.999]

/** The options of a sliding window: without one of them, or with 0, there is none. */
const windowOptions = ['maxAgeSeconds', 'ageBuckets', 'pruneAgedBuckets'] as const

/**
 * Counts observations and their sum, and estimates their quantiles.
 *
 * @example
 * const sizes = new Summary({ name: 'response_size_bytes', help: 'Size of the responses.', percentiles: [0.5, 0.99] })
 * sizes.observe(512)
 */
export class Summary<T extends string = string> extends Base {
  /** @internal As they were given. */
  declare readonly percentiles: readonly number[]

  /**
   * Makes a summary and registers it.
   *
   * @param configuration its name, its help, its percentiles and more
   * @throws Error, TypeError naming the option that is missing or wrong
   */
  constructor(configuration: SummaryConfiguration<T>) {
    super(configuration, {
      type: 'summary',
      defaults: { percentiles: defaultPercentiles, compressCount: 1000 },
      reserved: 'quantile',
      options: ({ percentiles, ...more }) => ({
        quantiles: [...new Set(percentiles as readonly number[])],
        ...Object.fromEntries(windowOptions.flatMap((name) => (more[name] ? [[name, optionOf(more[name])]] : []))),
      }),
    })
  }

  /** Counts a value in the series without labels. */
  observe(value: number): void
  /** Counts a value. */
  observe(labels: LabelValues<T>, value: number): void
  observe(labels: unknown, value?: unknown): void {
    const labelsOrZero = labels === 0 ? 0 : labels || {}
    if (value === undefined) {
      checkLabels(this.rules, this.labelNames, labelsOrZero as Labels)
      this.only.observe(observed(labelsOrZero))
    } else if (typeof labelsOrZero === 'object') this.find(labelsOrZero as Labels).observe(observed(value))
    else {
      checkLabels(this.rules, this.labelNames, labelsOrZero as unknown as Labels)
      this.only.observe(observed(value))
    }
  }

  /** Returns the merged values of all processes. */
  override get(): Promise<MetricObjectWithValues<MetricValueWithName<T>>> {
    return this.read() as Promise<MetricObjectWithValues<MetricValueWithName<T>>>
  }

  /** Starts a clock; the returned function observes the seconds since and returns them. Labels are read at its end. */
  startTimer(labels?: LabelValues<T>): (labels?: LabelValues<T>) => number {
    const secondsSince = startClock()
    return (endLabels) => {
      const seconds = secondsSince()
      this.observe(Object.assign({}, labels, endLabels), seconds)
      return seconds
    }
  }

  /** Sets every series to 0. */
  override reset(): void {
    const texts = [...this.ownStore().series(this.family)]
      .filter(({ family }) => family.name === this.name && family.registry === this.family.registry)
      .map(({ series }) => series.labelValues)
    this.clear()
    for (const labelValues of texts) this.children.seek(this.children.refTo(labelValues)).open()
  }

  /** Returns the series of these labels: an object, or the values in the order of the label names. */
  labels(labels?: LabelValues<T> | string, ...values: string[]): Summary.Internal<T>
  labels(...values: unknown[]): Summary.Internal<T> {
    const labels = this.labelsOf(values) as LabelValues<T>
    const child = this.held(labels)
    return {
      observe: (value: number) => child.observe(observed(value === undefined ? labels : value)),
      startTimer: () => this.startTimer(labels),
    }
  }

  /** Removes the series of these labels: an object, or the values in the order of the label names. */
  override remove(labels?: LabelValues<T> | string, ...values: string[]): void
  override remove(...values: unknown[]): void {
    super.remove(...values)
  }
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

/** The client calculates with texts as well, such as those of environment variables. */
function optionOf(value: unknown): unknown {
  return typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value)) ? Number(value) : value
}

/** A value that a summary can count. */
function observed(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw notANumber('Value', value)
}
