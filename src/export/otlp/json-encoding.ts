import { type Encoding, nanoseconds, type RequestHead } from './encoding.js'
import { type Attributes, type OtlpExemplar, type OtlpMetric, type Point, temporalities } from './point.js'

const encoder = new TextEncoder()

/**
 * Writes requests in JSON, in which OTLP has integers of 64 bits as texts, and the ids of traces in hexadecimal notation.
 *
 * Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export class JsonEncoding implements Encoding {
  readonly contentType = 'application/json'
  private readonly opening: string
  private parts: string[] = []
  private length = 0
  private metric: OtlpMetric | undefined
  private points = 0
  private metrics = 0

  constructor({ resource, version }: RequestHead) {
    const scope = JSON.stringify({ name: 'promhive', version })
    this.opening = `{"resourceMetrics":[{"resource":{"attributes":${attributeList(resource)}},"scopeMetrics":[{"scope":${scope},"metrics":[`
  }

  get size(): number {
    return this.length
  }

  begin(metric: OtlpMetric): void {
    const { name, description, unit, type, data, temporality, isMonotonic } = metric
    this.metric = metric
    this.points = 0
    const head = JSON.stringify({ name, description, unit, metadata: [attribute('prometheus.type', type)] })
    const shared =
      data === 'sum' || data === 'histogram' ? `"aggregationTemporality":${temporalities[temporality]},` : ''
    const monotonic = isMonotonic ? '"isMonotonic":true,' : ''
    this.add(`${this.metrics++ > 0 ? ',' : ''}${head.slice(0, -1)},"${data}":{${shared}${monotonic}"dataPoints":[`)
  }

  point(point: Point, start: number, time: number): void {
    const { attributes } = point
    const isGauge = this.metric?.data === 'gauge'
    const times = `${isGauge ? '' : `"startTimeUnixNano":"${nanoseconds(start)}",`}"timeUnixNano":"${nanoseconds(time)}"`
    const list = attributes.length > 0 ? `"attributes":${attributeList(attributes)},` : ''
    this.add(`${this.points++ > 0 ? ',' : ''}{${list}${times},${valuesOf(point)}}`)
  }

  end(): void {
    this.add(']}}')
  }

  finish(): Uint8Array {
    const request = encoder.encode(`${this.opening}${this.parts.join('')}]}]}]}`)
    this.parts = []
    this.length = 0
    this.metrics = 0
    return request
  }

  private add(text: string): void {
    this.parts.push(text)
    this.length += text.length
  }
}

function valuesOf(point: Point): string {
  if ('value' in point) return `"asDouble":${number(point.value)}${exemplarList(point.exemplars)}`
  if ('counts' in point) {
    const { counts, sum, bounds, exemplars } = point
    const count = counts.reduce((a, b) => a + b, 0)
    const total = sum === undefined ? '' : `"sum":${number(sum)},`
    const buckets = `"bucketCounts":[${counts.map(whole).join()}],"explicitBounds":[${bounds.join()}]`
    return `"count":${whole(count)},${total}${buckets}${exemplarList(exemplars)}`
  }
  const values = point.quantiles.map(([quantile, value]) => `{"quantile":${quantile},"value":${number(value)}}`)
  return `"count":${whole(point.count)},"sum":${number(point.sum)},"quantileValues":[${values.join()}]`
}

function exemplarList(exemplars: readonly OtlpExemplar[]): string {
  if (exemplars.length === 0) return ''
  const texts = exemplars.map(({ value, time, traceId, spanId, attributes }) => {
    const when = time === undefined ? '' : `"timeUnixNano":"${nanoseconds(time)}",`
    const trace = traceId === undefined ? '' : `"traceId":"${traceId}",`
    const span = spanId === undefined ? '' : `"spanId":"${spanId}",`
    return `{${when}${trace}${span}"filteredAttributes":${attributeList(attributes)},"asDouble":${number(value)}}`
  })
  return `,"exemplars":[${texts.join()}]`
}

function attributeList(attributes: Attributes): string {
  return JSON.stringify(attributes.map(([name, value]) => attribute(name, value)))
}

function attribute(key: string, value: string): { key: string; value: { stringValue: string } } {
  return { key, value: { stringValue: value } }
}

/** Above 2⁵³, a number is written with an exponent or without its last digits. */
function whole(count: number): string {
  return `"${Number.isSafeInteger(count) ? count : BigInt(count)}"`
}

/** JSON has no other numbers than finite ones. */
function number(value: number): string {
  return Number.isFinite(value) ? (Object.is(value, -0) ? '-0' : String(value)) : `"${value}"`
}
