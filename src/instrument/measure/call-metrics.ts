import { metricContext } from '../../metric/context.js'
import { Counter, type CounterChild } from '../../metric/counter.js'
import { Gauge, type GaugeChild } from '../../metric/gauge.js'
import { Histogram, type HistogramChild } from '../../metric/histogram.js'
import { defaultBounds } from '../../model/bounds.js'
import { MetricsError, reasonOf } from '../../model/errors.js'
import type { LabelValueOrNone } from '../../model/label-set.js'
import { BoundedValues, errorTypeOf, failureTypeOf } from '../http/label-values.js'
import { type AnyFunction, durationUnits, type MeasureOptions } from './measure-options.js'

/** Label values of one call, by name. */
export type CallLabels = Readonly<Record<string, LabelValueOrNone>>

/** The maximum number of error types with their own label value. */
const maxErrorTypes = 100

/** The children that count calls whose labels are always the same. */
interface FixedSeries {
  readonly calls: CounterChild
  readonly duration: HistogramChild
  readonly inProgress: GaugeChild
}

/** The families of one measured function, and the labels of its calls. */
export class CallMetrics {
  private readonly calls: Counter<string>
  private readonly duration: Histogram<string>
  private readonly inProgress: Gauge<string>
  private readonly errors: Counter<string>
  private readonly errorTypes = new BoundedValues(maxErrorTypes)
  private readonly fixedLabels: CallLabels
  private readonly fixed: FixedSeries | undefined
  private readonly perMillisecond: number

  constructor(private readonly options: MeasureOptions<AnyFunction>) {
    const { name, labels, labelNames = [], resultLabelNames = [], resultLabels } = options
    const { help = `Calls of ${name}`, unit = 'seconds', registers, maxSeries, buckets } = options
    this.fixedLabels = typeof labels === 'object' ? { ...labels } : {}
    this.perMillisecond = durationUnits[unit]
    const before = typeof labels === 'object' ? Object.keys(labels) : labelNames
    const after = [...before, ...resultLabelNames]
    const common = { registers, ...(maxSeries !== undefined && { maxSeries }) }
    this.calls = new Counter<string>({ ...common, name: `${name}_total`, help: `${help}: ended.`, labelNames: after })
    this.duration = new Histogram<string>({
      ...common,
      name: `${name}_duration_${unit}`,
      help: `${help}: time from the call to its end.`,
      labelNames: after,
      buckets: buckets ?? (unit === 'seconds' ? defaultBounds : defaultBounds.map((seconds) => seconds * 1_000)),
      unit,
    })
    this.inProgress = new Gauge<string>({
      ...common,
      name: `${name}_in_progress`,
      help: `${help}: in progress.`,
      labelNames: before,
      mode: 'livesum',
    })
    this.errors = new Counter<string>({
      ...common,
      name: `${name}_errors_total`,
      help: `${help}: ended by an error, by its type.`,
      labelNames: [...after, 'error_type'],
    })
    if (typeof labels === 'function' || resultLabels !== undefined) return
    this.fixed = {
      calls: this.calls.labels(this.fixedLabels),
      duration: this.duration.labels(this.fixedLabels),
      inProgress: this.inProgress.labels(this.fixedLabels),
    }
  }

  /**
   * Returns the labels that a call has from its beginning. If the function throws, the labels are lost, but not the
   * count.
   */
  labelsOf(self: unknown, args: readonly unknown[]): CallLabels {
    const { labels } = this.options
    if (typeof labels !== 'function') return this.fixedLabels
    try {
      return present(labels.apply(self, args as never[]))
    } catch (cause) {
      this.report(cause)
      return {}
    }
  }

  /** An error here must not reach the caller. */
  entered(labels: CallLabels): boolean {
    try {
      if (this.fixed !== undefined) this.fixed.inProgress.inc()
      else this.inProgress.inc(labels)
      return true
    } catch (cause) {
      this.report(cause)
      return false
    }
  }

  left(labels: CallLabels): void {
    try {
      if (this.fixed !== undefined) this.fixed.inProgress.dec()
      else this.inProgress.dec(labels)
    } catch (cause) {
      this.report(cause)
    }
  }

  succeeded(labels: CallLabels, milliseconds: number, result: unknown): void {
    const { fixed } = this
    const duration = milliseconds * this.perMillisecond
    try {
      if (fixed === undefined) {
        this.count(this.withResult(labels, result, undefined), duration)
        return
      }
      fixed.calls.inc()
      fixed.duration.observe(duration)
    } catch (cause) {
      this.report(cause)
    }
  }

  failed(labels: CallLabels, milliseconds: number, error: unknown): void {
    try {
      const counted = this.count(this.withResult(labels, undefined, error), milliseconds * this.perMillisecond)
      this.errors.inc({ ...counted, error_type: this.errorTypes.label(this.typeOf(error)) })
    } catch (cause) {
      this.report(cause)
    }
  }

  /** @returns the labels under which the call was counted; none if the metrics refuse its labels */
  private count(labels: CallLabels, duration: number): CallLabels {
    try {
      this.calls.inc(labels)
      this.duration.observe(labels, duration)
      return labels
    } catch (cause) {
      this.report(cause)
      this.calls.inc({})
      this.duration.observe({}, duration)
      return {}
    }
  }

  private withResult(labels: CallLabels, result: unknown, error: unknown): CallLabels {
    const { resultLabels } = this.options
    if (resultLabels === undefined) return labels
    try {
      return { ...labels, ...present(resultLabels(result, error)) }
    } catch (cause) {
      this.report(cause)
      return labels
    }
  }

  private typeOf(error: unknown): string {
    const { errorType } = this.options
    if (errorType !== undefined) {
      try {
        return String(errorType(error))
      } catch (cause) {
        this.report(cause)
      }
    }
    const type = errorTypeOf(error)
    // Errors of the system all have one class, so their code is used.
    return type === 'Error' ? failureTypeOf(error) : type
  }

  private report(cause: unknown): void {
    const { name } = this.options
    const text = `measure: a call of ${name} could not be measured (${reasonOf(cause)}); the call continues`
    metricContext().onError(new MetricsError('INSTRUMENT_FAILED', text, { cause }))
  }
}

/** Copies the labels that have a value, because the function may change its object later. */
function present(passedLabels: Readonly<Record<string, unknown>>): CallLabels {
  const labels: Record<string, unknown> = {}
  for (const name of Object.keys(passedLabels)) if (passedLabels[name] !== undefined) labels[name] = passedLabels[name]
  return labels as CallLabels
}
