import type { FamilyDescriptor } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import { gaugeValueSlot } from '../model/layout/gauge.js'
import { describe } from '../model/metric-name.js'
import { defaultGaugeMode, type GaugeMode, gaugeModes } from '../model/metric-type.js'
import type { LabelTexts } from '../model/series-ref.js'
import type { Slots } from '../store/contract.js'
import { Child, type ChildOwner } from './child.js'
import { LabelledMetric } from './labelled.js'
import { gaugeOptions } from './option-names.js'
import type { AnyLabels, GaugeOptions, LabelValues, VerbArguments } from './options.js'
import { startTimer } from './timer.js'

/** One series of a gauge. */
export class GaugeChild extends Child {
  /**
   * Sets the series to `value`.
   *
   * @throws MetricsError `VALUE_INVALID` if it is not a number
   */
  set(value: number): void {
    if (typeof value === 'number' && this.gate[0] === this.seen) this.values[this.at] = value
    else {
      const checked = this.check(value)
      this.open()
      this.values[this.at] = checked
    }
  }

  /** Adds `amount`, by default 1. */
  inc(amount = 1): void {
    if (typeof amount === 'number' && this.gate[0] === this.seen) this.values[this.at]! += amount
    else this.add(amount)
  }

  /** Subtracts `amount`, by default 1. */
  dec(amount = 1): void {
    if (typeof amount === 'number' && this.gate[0] === this.seen) this.values[this.at]! -= amount
    else this.add(-this.check(amount ?? 1))
  }

  /** Sets the unix time in seconds. */
  setToCurrentTime(): void {
    this.set(Date.now() / 1000)
  }

  /** Starts a clock; the returned function sets the gauge to the seconds since and returns them. */
  startTimer(): () => number {
    return startTimer(undefined, (_, seconds) => this.set(seconds))
  }

  private add(amount: number): void {
    const added = this.check(amount ?? 1)
    this.open()
    this.values[this.at]! += added
  }

  /** @internal */
  protected check(value: unknown): number {
    if (typeof value !== 'number') {
      throw new MetricsError('VALUE_INVALID', `${this.family.name}: ${describe(value)} is not a number`)
    }
    return value
  }

  /** @internal */
  protected override countedAt({ values, at }: Slots): number {
    return gaugeValueSlot((this.family as FamilyDescriptor<'gauge'>).mode, values, at)
  }
}

/** One series of a `mostrecent` gauge, whose value and time are one record. */
export class MostRecentChild extends GaugeChild {
  override set(value: number): void {
    this.check(value)
    if (this.gate[0] !== this.seen) this.open()
    const { values, words, at } = this
    const sequence = (at - 3) * 2
    const seconds = (performance.timeOrigin + performance.now()) / 1000
    Atomics.add(words, sequence, 1)
    values[at - 2] = this.window.epoch
    values[at - 1] = seconds
    values[at] = value
    Atomics.add(words, sequence, 1)
  }

  override inc(): never {
    throw this.forbidden('inc')
  }

  override dec(): never {
    throw this.forbidden('dec')
  }

  private forbidden(verb: string): MetricsError {
    const { name, mode } = this.family as FamilyDescriptor<'gauge'>
    return new MetricsError(
      'MODE_FORBIDS',
      `${name}: ${verb} means nothing under mode ${mode}, where the last set() wins; use set()`,
    )
  }
}

/**
 * A value that increases and decreases: requests in flight, temperature, queue length.
 *
 * @example
 * const inFlight = new Gauge({ name: 'http_requests_in_flight', help: 'Requests being answered.' })
 * inFlight.inc()
 * @example
 * const rss = new Gauge({ name: 'worker_rss_bytes', help: 'Memory of each worker.', mode: 'liveall' })
 * rss.set(process.memoryUsage.rss())
 */
export class Gauge<L extends string = never, D extends L = never> extends LabelledMetric<L, GaugeChild, D> {
  /**
   * Creates a gauge and registers it.
   *
   * @throws MetricsError as for a counter, and `MODE_UNKNOWN` for an unknown mode
   */
  constructor(options: GaugeOptions<L, Gauge<L, D>, D>) {
    // If every writer has its own series, the label `worker` distinguishes them, so the metric cannot declare it.
    const reserved = String(options?.mode ?? options?.multiprocess_mode).endsWith('all') ? 'perWriter' : []
    super(
      withRun(options as GaugeOptions<L, never, D>),
      gaugeOptions,
      (name) => ({ type: 'gauge', mode: modeOf(name, options) }),
      reserved,
    )
  }

  /** Sets the series of these labels to `value`. */
  set(...args: VerbArguments<L, [value: number], D>): void
  set(first: unknown, value?: number): void {
    if (isLabels(first)) this.find(first as LabelValues<L>).set(value as number)
    else this.only.set(first as number)
  }

  /** Adds `amount`, by default 1, to the series of these labels. */
  inc(...args: VerbArguments<L, [amount?: number | undefined], D>): void
  inc(first?: unknown, amount?: number): void {
    if (isLabels(first)) this.find(first as LabelValues<L>).inc(amount)
    else this.only.inc(first as number | undefined)
  }

  /** Subtracts `amount`, by default 1, from the series of these labels. */
  dec(...args: VerbArguments<L, [amount?: number | undefined], D>): void
  dec(first?: unknown, amount?: number): void {
    if (isLabels(first)) this.find(first as LabelValues<L>).dec(amount)
    else this.only.dec(first as number | undefined)
  }

  /** Sets the unix time in seconds. */
  setToCurrentTime(...args: VerbArguments<L, [], D>): void
  setToCurrentTime(labels?: object): void {
    if (isLabels(labels)) this.find(labels as LabelValues<L>).setToCurrentTime()
    else this.only.setToCurrentTime()
  }

  /** Starts a clock; the returned function sets the gauge to the seconds since and returns them. */
  startTimer(startLabels?: AnyLabels<L>): (endLabels?: Partial<LabelValues<L>>) => number {
    if (startLabels) this.checkNames(startLabels)
    return startTimer(startLabels, (labels, seconds) => {
      if (labels === undefined) this.only.set(seconds)
      else this.find(labels as LabelValues<L>).set(seconds)
    })
  }

  /** @internal */
  protected make(family: FamilyDescriptor, owner: ChildOwner, texts?: LabelTexts): GaugeChild {
    const { mode } = family as FamilyDescriptor<'gauge'>
    return mode.endsWith('mostrecent')
      ? new MostRecentChild(family, owner, texts)
      : new GaugeChild(family, owner, texts)
  }
}

function isLabels(first: unknown): boolean {
  return typeof first === 'object' && first !== null
}

/** prom-client's aggregators that correspond to a mode. */
const modeOfAggregator: ReadonlyMap<unknown, GaugeMode> = new Map([
  ['sum', 'livesum'],
  ['min', 'livemin'],
  ['max', 'livemax'],
  // The value of one living process, and always the same one: constants are not multiplied by the number of processes.
  ['first', 'livemax'],
  ['average', 'liveaverage'],
])

/** What prom-client leaves out of an aggregation belongs to one process: the one that answers shows its own value. */
function withRun<O extends Pick<GaugeOptions<never>, 'run' | 'mode' | 'multiprocess_mode' | 'aggregator'>>(
  options: O,
): O {
  if (options?.aggregator !== 'omit' || options.mode !== undefined || options.multiprocess_mode !== undefined)
    return options
  return { ...options, run: options.run ?? 'serving' }
}

type ModeOptions = Pick<GaugeOptions<never>, 'mode' | 'multiprocess_mode' | 'aggregator'>

function modeOf(name: string, options: ModeOptions): GaugeMode {
  const { mode = options.multiprocess_mode, aggregator } = options
  if (mode !== undefined && !gaugeModes.includes(mode)) {
    throw new MetricsError('MODE_UNKNOWN', `${name}: mode ${describe(mode)} is none of ${gaugeModes.join(', ')}`)
  }
  return mode ?? modeOfAggregator.get(aggregator) ?? defaultGaugeMode
}
