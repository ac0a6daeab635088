import { headingOf } from '../../exposition/text/samples.js'
import type { Gathered } from '../../gather/gatherer.js'
import { type Family, isTable } from '../../model/family.js'
import { DeltaBatch, type DeltaState } from './delta-state.js'
import type { Encoding } from './encoding.js'
import { type MetricOptions, metricOf } from './metric.js'
import type { OtlpMetric, Point } from './point.js'
import { conforming, samplePoints } from './sample-points.js'
import { tablePoints } from './table-points.js'

/** The size of a request; a larger gathering is sent in several. */
export interface RequestLimits {
  readonly maxPoints: number
  /** Bytes before compression. */
  readonly maxBytes: number
}

/** A request to send. */
export interface OtlpRequest {
  readonly body: Uint8Array
  readonly points: number
  /** Records that the receiver has accepted it. */
  readonly batch: DeltaBatch
}

/** A metric and its points, which are read one after the other. */
interface Series {
  readonly metric: OtlpMetric
  readonly points: Iterable<Point>
}

/** Writes the families of a gathering as requests. */
export class RequestWriter {
  /** Unix milliseconds of the first gathering: the beginning of counters that do not say when they began. */
  private firstTime: number | undefined

  constructor(
    private readonly encoding: Encoding,
    private readonly deltas: DeltaState,
    private readonly options: MetricOptions & RequestLimits,
  ) {}

  /**
   * Yields the requests, each as soon as it is complete. Works in slices.
   *
   * @param time Unix milliseconds of the gathering
   */
  async *write({ families, defaultLabels, pause }: Gathered, time: number): AsyncIterable<OtlpRequest> {
    const { encoding, deltas } = this
    this.firstTime ??= time
    let batch = new DeltaBatch()
    let points = 0
    for (const family of families) {
      for (const { metric, points: all } of this.seriesOf(family, defaultLabels)) {
        let isOpen = false
        for (const each of all) {
          if (pause.due()) await pause.rest()
          const point = this.pointToSend(metric, each, time, batch)
          if (point === undefined) continue
          if (!isOpen) encoding.begin(metric)
          isOpen = true
          encoding.point(point, time)
          if (++points < this.options.maxPoints && encoding.size < this.options.maxBytes) continue
          encoding.end()
          isOpen = false
          yield { body: encoding.finish(), points, batch }
          points = 0
          batch = new DeltaBatch()
        }
        if (isOpen) encoding.end()
      }
    }
    deltas.end(time)
    if (points > 0) yield { body: encoding.finish(), points, batch }
  }

  private pointToSend(metric: OtlpMetric, point: Point, time: number, batch: DeltaBatch): Point | undefined {
    if (metric.temporality === 'delta') return this.deltas.difference(metric.name, point, time, batch)
    // A clock that was set back must not make an interval that ends before it begins.
    const start = Math.min(point.start ?? this.firstTime!, time)
    return { ...point, start }
  }

  private seriesOf(family: Family, defaultLabels: Gathered['defaultLabels']): readonly Series[] {
    if (isTable(family)) {
      const metric = metricOf(headingOf(family.family), this.options, false)
      return [{ metric, points: tablePoints(family, defaultLabels) }]
    }
    return conforming(family).map((each) => ({
      metric: metricOf(each, this.options, true),
      points: samplePoints(each, defaultLabels),
    }))
  }
}
