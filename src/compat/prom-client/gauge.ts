import { type GaugeChild, Gauge as PromhiveGauge } from '../../metric/gauge.js'
import { startClock } from '../../metric/timer.js'
import type { Labels } from '../../model/series-index/series-numbers.js'
import { clientMetric } from './client-metric.js'
import { hashOf } from './own-series.js'
import type { GaugeConfiguration, LabelValues, MetricObjectWithValues, MetricValue } from './types.js'
import { isObject, notANumber } from './validation.js'

const Base = clientMetric<GaugeChild>(PromhiveGauge)

/**
 * A value that goes up and down: requests in flight, temperature, queue length.
 *
 * @example
 * const inFlight = new Gauge({ name: 'http_requests_in_flight', help: 'Requests being answered.' })
 * inFlight.inc()
 */
export class Gauge<T extends string = string> extends Base {
  /**
   * Makes a gauge and registers it.
   *
   * @param configuration its name, its help and more
   * @throws Error, TypeError naming the option that is missing or wrong
   */
  constructor(configuration: GaugeConfiguration<T>) {
    super(configuration, { type: 'gauge', options: ({ aggregator }) => ({ aggregator }) })
  }

  /**
   * Adds `value`, by default 1, to the series of these labels.
   *
   * @param labels the labels; without them, the value
   */
  inc(labels?: LabelValues<T> | number, value?: number): void
  inc(labels?: unknown, value?: unknown): void {
    const delta = isObject(labels) ? value : labels
    this.add(labels, this.isOne(delta) ? 1 : delta)
  }

  /**
   * Subtracts `value`, by default 1, from the series of these labels.
   *
   * @param labels the labels; without them, the value
   */
  dec(labels?: LabelValues<T> | number, value?: number): void
  dec(labels?: unknown, value?: unknown): void {
    const delta = isObject(labels) ? value : labels
    this.add(labels, this.isOne(delta) ? -1 : -(delta as number))
  }

  /** Sets the series of these labels. */
  set(labels: LabelValues<T>, value: number): void
  /** Sets the series without labels. */
  set(value: number): void
  set(labels: unknown, value?: unknown): void {
    const labelled = isObject(labels)
    const newValue = labelled ? value : labels
    if (typeof newValue !== 'number') throw notANumber('Value', newValue)
    if (labelled) this.find(labels as Labels).set(newValue)
    else this.only.set(newValue)
  }

  /** Returns the merged values of all processes. */
  override get(): Promise<MetricObjectWithValues<MetricValue<T>>> {
    return this.read() as Promise<MetricObjectWithValues<MetricValue<T>>>
  }

  /** Sets the unix time in seconds. */
  setToCurrentTime(labels?: LabelValues<T>): void {
    if (labels === undefined) this.set(Date.now() / 1000)
    else this.set(labels, Date.now() / 1000)
  }

  /** Starts a clock; the returned function sets the gauge to the seconds since and returns them. */
  startTimer(labels?: LabelValues<T>): (labels?: LabelValues<T>) => number {
    const secondsSince = startClock()
    return (endLabels) => {
      const seconds = secondsSince()
      this.set(Object.assign({}, labels, endLabels), seconds)
      return seconds
    }
  }

  /** Returns the series of these labels: an object, or the values in the order of the label names. */
  labels(labels?: LabelValues<T> | string, ...values: string[]): Gauge.Internal<T>
  labels(...values: unknown[]): Gauge.Internal<T> {
    const labels = this.labelsOf(values) as LabelValues<T>
    const child = this.held(labels)
    return {
      inc: (value?: unknown) => addTo(child, this.isOne(value) ? 1 : value),
      dec: (value?: unknown) => addTo(child, this.isOne(value) ? -1 : -(value as number)),
      set: (value: unknown) => {
        if (typeof value !== 'number') throw notANumber('Value', value)
        child.set(value)
      },
      setToCurrentTime: () => child.set(Date.now() / 1000),
      startTimer: () => this.startTimer(labels),
    }
  }

  /** Sets the gauge to 0, and removes the series of all labels. */
  override reset(): void {
    super.reset()
  }

  /** Removes the series of these labels: an object, or the values in the order of the label names. */
  override remove(labels?: LabelValues<T> | string, ...values: string[]): void
  override remove(...values: unknown[]): void {
    super.remove(...values)
  }

  /** @internal What this process has set. */
  _getValue(labels: Labels = {}): number {
    const hash = hashOf(labels, this.family.labelNames)
    return (this.hashMap as Readonly<Record<string, { readonly value: number }>>)[hash]?.value ?? 0
  }

  /** Whether the gauge moves by 1. */
  private isOne(delta: unknown): boolean {
    return delta === undefined || (delta === null && this.rules.movesByOneForNull)
  }

  private add(labels: unknown, delta: unknown): void {
    // Before the labels, as in the client.
    if (typeof delta !== 'number') throw notANumber('Delta', delta)
    addTo(isObject(labels) ? this.find(labels as Labels) : this.only, delta)
  }
}

export namespace Gauge {
  /** One series of a gauge. */
  export interface Internal<T extends string> {
    /** Adds `value`, by default 1. */
    inc(value?: number): void
    /** Subtracts `value`, by default 1. */
    dec(value?: number): void
    set(value: number): void
    /** Sets the unix time in seconds. */
    setToCurrentTime(): void
    /** Starts a clock; the returned function sets the gauge to the seconds since and returns them. */
    startTimer(): (labels?: LabelValues<T>) => number
  }
}

function addTo(child: GaugeChild, delta: unknown): void {
  if (typeof delta !== 'number') throw notANumber('Delta', delta)
  child.inc(delta)
}
