import { headingOf } from '../../exposition/text/samples.js'
import type { Gathered } from '../../gather/gatherer.js'
import { isTable, nameOf } from '../../model/family.js'
import { DeltaBatch, type DeltaState } from './delta-state.js'
import type { Encoding } from './encoding.js'
import { type MetricHeading, metricOf, type TranslationOptions } from './metric.js'
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
interface MetricPoints {
  readonly metric: OtlpMetric
  readonly points: Iterable<Point>
}

export interface RequestOptions extends TranslationOptions, RequestLimits {
  /** Unix milliseconds at which the gathering was read. */
  readonly time: number
  /** When a counter began that does not say so itself. */
  readonly unknownStart: number
}

/** Writes the families of one gathering as requests. */
export class RequestWriter {
  private readonly names: Set<string>

  constructor(
    private readonly gathered: Gathered,
    private readonly encoding: Encoding,
    private readonly deltas: DeltaState,
    private readonly options: RequestOptions,
  ) {
    this.names = new Set(gathered.families.map(nameOf))
  }

  /** Yields the requests, each as soon as it is complete. Works in slices. */
  async *write(): AsyncIterable<OtlpRequest> {
    const { encoding, options, gathered } = this
    const { pause } = gathered
    let batch = new DeltaBatch()
    let points = 0
    for (const { metric, points: all } of this.metrics()) {
      let isOpen = false
      for (const each of all) {
        if (pause.due()) await pause.rest()
        const point = this.pointToSend(metric, each, batch)
        if (point === undefined) continue
        if (!isOpen) encoding.begin(metric)
        isOpen = true
        // A clock that was set back must not make an interval that ends before it begins.
        encoding.point(point, Math.min(point.start ?? options.unknownStart, options.time), options.time)
        if (++points < options.maxPoints && encoding.size < options.maxBytes) continue
        encoding.end()
        isOpen = false
        yield { body: encoding.finish(), points, batch }
        points = 0
        batch = new DeltaBatch()
      }
      if (isOpen) encoding.end()
    }
    this.deltas.end(options.time)
    if (points > 0) yield { body: encoding.finish(), points, batch }
  }

  private pointToSend(metric: OtlpMetric, point: Point, batch: DeltaBatch): Point | undefined {
    return metric.temporality === 'delta' ? this.deltas.difference(metric.name, point, this.options.time, batch) : point
  }

  private *metrics(): Iterable<MetricPoints> {
    const { families, defaultLabels } = this.gathered
    for (const family of families) {
      if (isTable(family)) {
        const metric = this.metricOf(headingOf(family.family), false)
        yield { metric, points: tablePoints(family, defaultLabels) }
        continue
      }
      for (const part of conforming(family)) {
        yield { metric: this.metricOf(part, true), points: samplePoints(part, defaultLabels) }
      }
    }
  }

  /** A name without its suffix that another family has keeps the suffix. */
  private metricOf(heading: MetricHeading, observed: boolean): OtlpMetric {
    const metric = metricOf(heading, this.options, observed)
    if (metric.name === heading.name || !this.names.has(metric.name)) {
      this.names.add(metric.name)
      return metric
    }
    return metricOf(heading, { ...this.options, removesSuffixes: false }, observed)
  }
}
