import type { ClientRules } from '../prom-client/client-rules.js'
import { Gauge as PromClientGauge } from '../prom-client/gauge.js'
import { prometheusIoRules } from './rules.js'
import { SeriesStore } from './series-store.js'
import type { GaugeConfiguration, LabelValues, MetricObjectWithValues, MetricValue } from './types.js'

// The types are those of the class below: this client's differ from prom-client's.
const Base = class extends PromClientGauge {
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
 * A value that goes up and down: requests in flight, temperature, queue length.
 *
 * @example
 * const inFlight = new Gauge({ name: 'http_requests_in_flight', help: 'Requests being answered.' })
 * inFlight.inc()
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the base class has the methods
export class Gauge<T extends string = never> extends Base {
  /**
   * Makes a gauge and registers it.
   *
   * @param configuration its name, its help and more
   * @throws Error, TypeError naming the option that is missing or wrong
   */
  constructor(configuration: GaugeConfiguration<T>) {
    super(configuration)
  }
}

export interface Gauge<T extends string = never> {
  /**
   * Adds `value`, 1 by default, to the series of these labels.
   *
   * @param labels the labels; without them, the value
   */
  inc(labels?: LabelValues<T> | number, value?: number): void
  /**
   * Takes `value`, 1 by default, off the series of these labels.
   *
   * @param labels the labels; without them, the value
   */
  dec(labels?: LabelValues<T> | number, value?: number): void
  /** Sets the series of these labels. */
  set(labels: LabelValues<T>, value: number): void
  /** Sets the series without labels. */
  set(value: number): void
  /** Returns the merged values of all processes. */
  get(): Promise<MetricObjectWithValues<MetricValue<T>>>
  /** Sets the unix time in seconds. */
  setToCurrentTime(labels?: LabelValues<T>): void
  /** Starts a clock; the returned function sets the gauge to the seconds since and returns them. */
  startTimer(labels?: LabelValues<T>): (labels?: LabelValues<T>) => number
  /** Returns the series of these labels: an object, or the values in the order of the label names. */
  labels(labels?: LabelValues<T> | string, ...values: string[]): Gauge.Internal<T>
  /** Sets the gauge to 0, and removes the series of all labels. */
  reset(): void
  /** Removes the series of these labels: an object, or the values in the order of the label names. */
  remove(labels?: LabelValues<T> | string, ...values: string[]): void
}

export namespace Gauge {
  /** One series of a gauge. */
  export interface Internal<T extends string> {
    /** Adds `value`, 1 by default. */
    inc(value?: number): void
    /** Takes `value`, 1 by default, off. */
    dec(value?: number): void
    set(value: number): void
    /** Sets the unix time in seconds. */
    setToCurrentTime(): void
    /** Starts a clock; the returned function sets the gauge to the seconds since and returns them. */
    startTimer(): (labels?: LabelValues<T>) => number
  }
}
