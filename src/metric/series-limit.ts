import { MetricsError } from '../model/errors.js'
import type { LabelTexts } from '../model/series-index/series-numbers.js'
import type { Home } from './context.js'

/** What becomes of label values beyond a metric's limit. */
export interface SeriesLimitOptions {
  readonly maxSeries: number | undefined
  readonly onLimit: 'overflow' | 'drop' | 'throw'
}

/** The series of a metric, as far as a limit looks at them. */
interface Limited {
  numberOf(texts: LabelTexts): number
  chosen(unlabelled: LabelTexts): number
  rest(): LabelTexts
}

/** Decides which label values get a series of their own. A series takes its place with its first count. */
export class SeriesLimit {
  /**
   * @param unlabelled the label values of a count without labels: that series always has room, and seldom counts
   * @param settle forgets series that other processes have removed; gives whether there may have been any
   */
  constructor(
    private readonly metric: string,
    private readonly options: SeriesLimitOptions,
    private readonly home: Home,
    private readonly series: Limited,
    private readonly unlabelled: LabelTexts,
    private readonly settle: () => boolean = () => false,
  ) {}

  /**
   * The label values to count under; undefined for nowhere. Label values beyond the limit are not kept: they would fill the
   * memory that it is there to save.
   *
   * @throws MetricsError `SERIES_LIMIT`
   */
  admit(texts: LabelTexts): LabelTexts | undefined {
    if (this.hasRoom(texts)) return texts
    this.home.limited(this.metric)
    const { onLimit } = this.options
    if (onLimit === 'overflow') return this.series.rest()
    if (onLimit === 'drop') return undefined
    throw this.refusal(texts)
  }

  /** Throws `SERIES_LIMIT` where a count would. */
  check(texts: LabelTexts): void {
    if (this.options.onLimit !== 'throw' || this.hasRoom(texts)) return
    this.home.limited(this.metric)
    throw this.refusal(texts)
  }

  private get most(): number {
    return this.options.maxSeries ?? this.home.maxSeries
  }

  private hasRoom(texts: LabelTexts): boolean {
    const { series, unlabelled } = this
    const hasRoom = (): boolean => series.numberOf(texts) > 0 || series.chosen(unlabelled) < this.most
    if (this.most === Infinity || hasRoom() || (this.settle() && hasRoom())) return true
    return texts.every((text, i) => text === unlabelled[i])
  }

  private refusal(texts: LabelTexts): MetricsError {
    const text = `${this.metric} has its ${this.most} series; (${texts.join(', ')}) would be one more: raise maxSeries, or use label values that repeat`
    return new MetricsError('SERIES_LIMIT', text)
  }
}
