import { Counter } from '../../metric/counter.js'
import { Gauge } from '../../metric/gauge.js'
import { Histogram } from '../../metric/histogram.js'
import type { LabelValues, MetricOptions } from '../../metric/options.js'
import { Summary } from '../../metric/summary.js'
import type { GaugeMode } from '../../model/metric-type.js'
import { isMainThread } from '../../platform/loaded-builtins.js'
import type { CollectedValue } from '../../registry/collector.js'
import type { Registry } from '../../registry/registry.js'
import type { Watch } from './watch.js'

/** The present value of this process: nothing if unavailable, one value, or one per label set. */
export type Measurement = number | undefined | readonly CollectedValue[]

interface RuntimeFamily {
  readonly name: string
  readonly help: string
  /** Its own labels, in addition to the static ones. */
  readonly labelNames?: readonly string[]
}

export interface ReadFamily extends RuntimeFamily {
  /** Whether all threads of the process would read the same value: then only the main thread reads it. */
  readonly ofProcess?: boolean
  read(): Measurement
}

export interface ReadGaugeFamily extends ReadFamily {
  /** How the gauges of several processes are merged. The default is `livesum`. */
  readonly mode?: GaugeMode
  /** `false` for a value that several processes share: it has no series per worker. */
  readonly perWorker?: false
  /** A timer or an observer that must run between readings. */
  readonly watch?: Watch
}

interface LabelledReading {
  readonly labels: LabelValues<string>
  readonly value: number
}

interface ObservedFamily extends RuntimeFamily {
  /** Connects an observer to the metric. */
  watch(observe: (labels: LabelValues<string>, value: number) => void): Watch
  /** Series that are shown from the start. */
  readonly known: readonly LabelValues<string>[]
}

export interface HistogramFamily extends ObservedFamily {
  readonly buckets: readonly number[]
}

/** Quantiles of the last `maxAgeSeconds`. */
export interface SummaryFamily extends ObservedFamily {
  readonly quantiles: readonly number[]
  readonly maxAgeSeconds: number
  readonly ageBuckets: number
}

export interface RuntimeMetricsOptions {
  readonly registry: Registry
  readonly prefix: string
  readonly labels: LabelValues<string>
  readonly perWorker: boolean
}

/** Creates metrics of readings, which every process takes at intervals, and before it answers a scrape. */
export class RuntimeMetrics {
  constructor(private readonly options: RuntimeMetricsOptions) {}

  gauge({ mode = 'livesum', watch, perWorker, ...family }: ReadGaugeFamily): void {
    const isNew = this.isNew(family)
    let previousReadings = new Map<string, LabelledReading>()
    const collect = (): void => {
      const values = this.valuesOf(family)
      const now = new Map(values.map((value) => [JSON.stringify(value.labels), value]))
      for (const [key, { labels }] of previousReadings) if (!now.has(key)) gauge.remove(labels, { scope: 'process' })
      for (const { labels, value } of values) gauge.set(labels, value)
      previousReadings = now
    }
    const gauge = new ReadGauge({
      ...this.common(family),
      mode: this.options.perWorker && perWorker !== false ? 'liveall' : mode,
      ...(isNew && { collect }),
    })
    if (isNew && watch !== undefined) gauge.needs(watch)
  }

  /** A counter whose running total `read` returns; a series per worker on request. */
  counter(family: ReadFamily): void {
    const last = new Map<string, number>()
    // A seat's counter continues from its previous owner's, and this process's total begins at 0: only the increase is added.
    const collect = (): void => {
      for (const { labels, value } of this.valuesOf(family)) {
        const key = JSON.stringify(labels)
        const before = last.get(key) ?? 0
        if (value < before) continue
        last.set(key, value)
        counter.inc(labels, value - before)
      }
    }
    const options = { ...this.common(family), ...(this.isNew(family) && { collect }) }
    const counter = new ReadCounter(options, this.options.perWorker ? { perWriter: true } : {})
  }

  histogram({ buckets, ...family }: HistogramFamily): void {
    this.observed(family, (options) => new WatchedHistogram({ ...options, buckets }))
  }

  summary({ quantiles, maxAgeSeconds, ageBuckets, ...family }: SummaryFamily): void {
    const part = { quantiles, maxAgeSeconds, ageBuckets }
    this.observed(family, (options) => new WatchedSummary({ ...options, ...part }))
  }

  private observed(
    { watch, known, ...family }: ObservedFamily,
    make: (options: MetricOptions<string>) => WatchedHistogram | WatchedSummary,
  ): void {
    const isNew = this.isNew(family)
    // Opened and not zeroed: on a seat with a previous owner, the series continues from its value.
    const collect = (): void => {
      for (const labels of known) metric.labels(this.labelled(labels)).open()
    }
    const metric = make({ ...this.common(family), ...(isNew && { collect }) })
    if (isNew) metric.needs(watch((labels, value) => metric.observe(this.labelled(labels), value)))
  }

  private common({ name, help, labelNames = [] }: RuntimeFamily) {
    const { prefix, labels, registry } = this.options
    return { name: prefix + name, help, labelNames: [...labelNames, ...Object.keys(labels)], registers: [registry] }
  }

  private valuesOf({ ofProcess = false, read }: ReadFamily): readonly LabelledReading[] {
    const reading = ofProcess && !isMainThread ? undefined : read()
    if (reading === undefined) return []
    const values = typeof reading === 'number' ? [{ value: reading }] : reading
    return values.map(({ labels = {}, value }) => ({ labels: this.labelled(labels), value }))
  }

  private labelled(labels: LabelValues<string>): Record<string, string | number> {
    return { ...this.options.labels, ...labels } as Record<string, string | number>
  }

  /**
   * Returns nothing if the registry has a metric of that name. The second one is created nevertheless, so that the
   * registry compares their definitions; but the first one continues, and nothing is read or observed twice.
   */
  private isNew({ name }: RuntimeFamily): boolean {
    const { prefix, registry } = this.options
    return registry.getSingleMetric?.(prefix + name) === undefined
  }
}

/** A gauge that is shown from its first reading on: a 0 before that is not a measurement, and would be the lowest under `livemin`. */
class ReadGauge extends Gauge<string> {
  private watch: Watch | undefined

  needs(watch: Watch): void {
    this.watch = watch
    watch.use(this)
  }

  override start(): void {}

  override discard(): void {
    super.discard()
    this.watch?.release(this)
  }
}

/** A counter that is shown from its first reading on: a worker thread does not read values that belong to its process. */
class ReadCounter extends Counter<string> {
  override start(): void {}
}

class WatchedHistogram extends Histogram<string> {
  private watch: Watch | undefined

  needs(watch: Watch): void {
    this.watch = watch
    watch.use(this)
  }

  override discard(): void {
    super.discard()
    this.watch?.release(this)
  }
}

class WatchedSummary extends Summary<string> {
  private watch: Watch | undefined

  needs(watch: Watch): void {
    this.watch = watch
    watch.use(this)
  }

  override discard(): void {
    super.discard()
    this.watch?.release(this)
  }
}

/** Reads once for all metrics that are collected in one turn of the event loop. */
export function oncePerTurn<T>(read: () => T): () => T {
  let last: { readonly value: T } | undefined
  return () => {
    if (last === undefined) {
      last = { value: read() }
      void Promise.resolve().then(() => {
        last = undefined
      })
    }
    return last.value
  }
}
