import { MetricsError } from '../model/errors.js'
import type { LabelTexts, SeriesRef } from '../model/series-ref.js'
import type { MetricContext } from './context.js'

/** What becomes of label values beyond a metric's limit. */
export interface SeriesLimitOptions {
  readonly maxSeries: number | undefined
  readonly onLimit: 'overflow' | 'drop' | 'throw'
}

/** The series of a metric, as far as a limit looks at them. */
interface Limited {
  /** How many series there are that need room. */
  readonly chosen: number
  counts(number: number): boolean
  refTo(labelValues: LabelTexts): SeriesRef
  /** The series that takes what is beyond the limit. */
  rest(): SeriesRef
}

/** Decides which label values get a series of their own. A series takes its place with its first count. */
export class SeriesLimit {
  /**
   * @param unlabelled the label values of a count without labels: that series always has room, and seldom counts
   * @param settle forgets some of the series that other processes have removed; gives whether there may have been any
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
   * The series to count in; undefined for nowhere. Label values beyond the limit are not kept: they would fill the memory
   * that it is there to save.
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

  /** Throws `SERIES_LIMIT` where a count would. */
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
      // The number may be free by now, or another series may have it.
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
