import { ProtobufWriter } from '../../exposition/protobuf/protobuf-writer.js'
import { type Encoding, nanoseconds, type RequestHead } from './encoding.js'
import {
  type Attributes,
  type HistogramPoint,
  type NumberPoint,
  type OtlpExemplar,
  type OtlpMetric,
  type Point,
  type SummaryPoint,
  temporalities,
} from './point.js'

/** The numbers of the fields. Source: https://github.com/open-telemetry/opentelemetry-proto */
const fields = {
  request: { resourceMetrics: 1 },
  resourceMetrics: { resource: 1, scopeMetrics: 2 },
  resource: { attributes: 1 },
  scopeMetrics: { scope: 1, metrics: 2 },
  scope: { name: 1, version: 2 },
  metric: { name: 1, description: 2, unit: 3, gauge: 5, sum: 7, histogram: 9, summary: 11, metadata: 12 },
  data: { points: 1, temporality: 2, isMonotonic: 3 },
  times: { start: 2, time: 3 },
  number: { value: 4, exemplars: 5, attributes: 7 },
  histogram: { count: 4, sum: 5, counts: 6, bounds: 7, exemplars: 8, attributes: 9 },
  summary: { count: 4, sum: 5, quantiles: 6, attributes: 7 },
  quantile: { quantile: 1, value: 2 },
  exemplar: { time: 2, value: 3, spanId: 4, traceId: 5, attributes: 7 },
  attribute: { key: 1, value: 2 },
  anyValue: { text: 1 },
} as const

/** Writes requests in Protocol Buffers. */
export class ProtobufEncoding implements Encoding {
  readonly contentType = 'application/x-protobuf'
  private readonly writer = new ProtobufWriter(65_536)
  private marks: number[] = []
  private metric: OtlpMetric | undefined

  constructor(private readonly head: RequestHead) {
    this.beginRequest()
  }

  get size(): number {
    return this.writer.length
  }

  begin(metric: OtlpMetric): void {
    const { writer } = this
    const { metric: field, data } = fields
    this.metric = metric
    this.open(fields.scopeMetrics.metrics)
    writer.text(field.name, metric.name)
    if (metric.description !== '') writer.text(field.description, metric.description)
    if (metric.unit !== '') writer.text(field.unit, metric.unit)
    this.attribute(field.metadata, 'prometheus.type', metric.type)
    this.open(field[metric.data])
    if (metric.data === 'sum' || metric.data === 'histogram')
      writer.varint(data.temporality, temporalities[metric.temporality])
    if (metric.isMonotonic) writer.varint(data.isMonotonic, 1)
  }

  point(point: Point, start: number, time: number): void {
    const mark = this.writer.open(fields.data.points)
    if (this.metric?.data !== 'gauge') this.writer.fixed64(fields.times.start, nanoseconds(start))
    this.writer.fixed64(fields.times.time, nanoseconds(time))
    if ('value' in point) this.number(point)
    else if ('counts' in point) this.histogram(point)
    else this.summary(point)
    this.writer.close(mark)
  }

  end(): void {
    this.close()
    this.close()
  }

  finish(): Uint8Array {
    while (this.marks.length > 0) this.close()
    const request = this.writer.finish().slice()
    this.beginRequest()
    return request
  }

  private beginRequest(): void {
    const { resource, version } = this.head
    const { writer } = this
    writer.truncate(0)
    this.open(fields.request.resourceMetrics)
    this.open(fields.resourceMetrics.resource)
    this.attributes(fields.resource.attributes, resource)
    this.close()
    this.open(fields.resourceMetrics.scopeMetrics)
    this.open(fields.scopeMetrics.scope)
    writer.text(fields.scope.name, 'promhive')
    writer.text(fields.scope.version, version)
    this.close()
  }

  private number({ value, attributes, exemplars }: NumberPoint): void {
    const { number } = fields
    this.writer.double(number.value, value)
    this.exemplars(number.exemplars, exemplars)
    this.attributes(number.attributes, attributes)
  }

  private histogram({ sum, bounds, counts, attributes, exemplars }: HistogramPoint): void {
    const { histogram } = fields
    const { writer } = this
    let count = 0
    for (const each of counts) count += each
    writer.fixed64(histogram.count, BigInt(count))
    if (sum !== undefined) writer.double(histogram.sum, sum)
    writer.packedFixed64(histogram.counts, counts)
    if (bounds.length > 0) writer.packedDoubles(histogram.bounds, bounds)
    this.exemplars(histogram.exemplars, exemplars)
    this.attributes(histogram.attributes, attributes)
  }

  private summary({ sum, count, quantiles, attributes }: SummaryPoint): void {
    const { summary, quantile } = fields
    const { writer } = this
    writer.fixed64(summary.count, BigInt(count))
    writer.double(summary.sum, sum)
    for (const [of, value] of quantiles) {
      const mark = writer.open(summary.quantiles)
      writer.double(quantile.quantile, of)
      writer.double(quantile.value, value)
      writer.close(mark)
    }
    this.attributes(summary.attributes, attributes)
  }

  private exemplars(field: number, exemplars: readonly OtlpExemplar[]): void {
    const { exemplar } = fields
    const { writer } = this
    for (const { value, time, traceId, spanId, attributes } of exemplars) {
      const mark = writer.open(field)
      if (time !== undefined) writer.fixed64(exemplar.time, nanoseconds(time))
      writer.double(exemplar.value, value)
      if (spanId !== undefined) writer.bytes(exemplar.spanId, Buffer.from(spanId, 'hex'))
      if (traceId !== undefined) writer.bytes(exemplar.traceId, Buffer.from(traceId, 'hex'))
      this.attributes(exemplar.attributes, attributes)
      writer.close(mark)
    }
  }

  private attributes(field: number, attributes: Attributes): void {
    for (const [name, value] of attributes) this.attribute(field, name, value)
  }

  private attribute(field: number, name: string, value: string): void {
    const { writer } = this
    const attribute = writer.open(field)
    writer.text(fields.attribute.key, name)
    const any = writer.open(fields.attribute.value)
    writer.text(fields.anyValue.text, value)
    writer.close(any)
    writer.close(attribute)
  }

  private open(field: number): void {
    this.marks.push(this.writer.open(field))
  }

  private close(): void {
    this.writer.close(this.marks.pop()!)
  }
}
