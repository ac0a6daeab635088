import { MetricsError } from '../model/errors.js'
import type { LabelTexts, SeriesRef } from '../model/series-ref.js'
import type { MetricContext } from './context.js'

/** The options about label values above a metric's limit. */
export interface SeriesLimitOptions {
  readonly maxSeries: number | undefined
  readonly onLimit: 'overflow' | 'drop' | 'throw'
}

/** The series of a metric, as a limit sees them. */
interface Limited {
  /** The number of series that count towards the limit. */
  readonly chosen: number
  counts(number: number): boolean
  refTo(labelValues: LabelTexts): SeriesRef
  /** Returns the overflow series. */
  rest(): SeriesRef
}

/** Decides which label values get their own series. A series counts towards the limit from its first count on. */
export class SeriesLimit {
  /**
   * @param unlabelled the label values of a count without labels: that series is always admitted, and rarely used
   * @param settle removes some of the series that other processes have removed; returns whether there may have been any
   */
  constructor(
    private readonly metric: string,
    private readonly options: SeriesLimitOptions,
    private readonly context: MetricContext,
    private readonly series: Limited,
    private readonly unlabelled: LabelTexts,
    private readonly settle: () => boolean = () => false,
  ) {}

  /**
   * Returns the series to count in; undefined to drop the count. Label values above the limit are not stored, because
   * they would use the memory that the limit protects.
   *
   * @throws MetricsError `SERIES_LIMIT`
   */
  admit(series: SeriesRef): SeriesRef | undefined {
    const admitted = this.roomFor(series)
    if (admitted !== undefined) return admitted
    this.context.limited(this.metric)
    const { onLimit } = this.options
    if (onLimit === 'overflow') return this.series.rest()
    if (onLimit === 'drop') return undefined
    throw this.refusal(series)
  }

  /** Throws `SERIES_LIMIT` if a count would. */
  check(series: SeriesRef): void {
    if (this.options.onLimit !== 'throw' || this.roomFor(series) !== undefined) return
    this.context.limited(this.metric)
    throw this.refusal(series)
  }

  private get most(): number {
    return this.options.maxSeries ?? this.context.maxSeries
  }

  private roomFor(series: SeriesRef): SeriesRef | undefined {
    if (this.hasRoom(series)) return series
    while (this.settle()) {
      // The number may be free by now, or belong to another series.
      const fresh = this.series.refTo(series.labelValues)
      if (this.hasRoom(fresh)) return fresh
    }
    return undefined
  }

  private hasRoom({ number, labelValues }: SeriesRef): boolean {
    const { most, series, unlabelled } = this
    if (most === Infinity || series.counts(number) || series.chosen < most) return true
    return labelValues.every((text, i) => text === unlabelled[i])
  }

  private refusal({ labelValues }: SeriesRef): MetricsError {
    const text = `${this.metric} has its ${this.most} series; (${labelValues.join(', ')}) would be one more: raise maxSeries, or use label values that repeat`
    return new MetricsError('SERIES_LIMIT', text)
  }
}
