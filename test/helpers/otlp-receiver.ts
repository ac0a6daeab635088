import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { createServer as createSecureServer, type ServerOptions } from 'node:https'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import type { Stage } from './processes/stage.js'

/** OpenTelemetry's definitions of the messages, which protobufjs compiled. */
const { opentelemetry } = createRequire(import.meta.url)('@opentelemetry/otlp-transformer/build/src/generated/root.js')
const { ExportMetricsServiceRequest, ExportMetricsServiceResponse } = opentelemetry.proto.collector.metrics.v1

export interface OtlpPoint {
  readonly attributes: Readonly<Record<string, string>>
  readonly startTimeUnixNano?: string
  readonly timeUnixNano: string
  readonly asDouble?: number
  readonly count?: string
  readonly sum?: number
  readonly bucketCounts?: readonly string[]
  readonly explicitBounds?: readonly number[]
  readonly quantileValues?: readonly { readonly quantile: number; readonly value: number }[]
  readonly exemplars?: readonly Record<string, unknown>[]
}

export interface ReceivedMetric {
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly metadata: Readonly<Record<string, string>>
  readonly data: 'gauge' | 'sum' | 'histogram' | 'summary'
  readonly aggregationTemporality?: number
  readonly isMonotonic?: boolean
  readonly points: readonly OtlpPoint[]
}

export interface ReceivedRequest {
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly bytes: number
  readonly resource: Readonly<Record<string, string>>
  readonly scope: { readonly name: string; readonly version: string }
  readonly metrics: readonly ReceivedMetric[]
}

/** What the receiver answers; by default success. */
export interface OtlpAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly rejected?: number
  readonly message?: string
  /** No answer at all. */
  readonly hangs?: boolean
}

/** A real HTTP server that decodes what it gets with OpenTelemetry's own definitions. */
export class OtlpReceiver {
  /** The requests that were accepted. */
  readonly accepted: ReceivedRequest[] = []
  /** Milliseconds at which each request arrived, accepted or not. */
  readonly arrivals: number[] = []
  /** The answers to the next requests. */
  readonly answers: OtlpAnswer[] = []
  /** The answer to all others. */
  answer: OtlpAnswer = {}
  url = ''

  static async start(stage: Stage, secure?: ServerOptions): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver()
    const listener: RequestListener = (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        receiver.arrivals.push(Date.now())
        const answer = receiver.answers.shift() ?? receiver.answer
        if (answer.hangs) return
        const { status = 200, headers = {} } = answer
        if (status === 200) receiver.accepted.push(decoded(request.url, request.headers, Buffer.concat(chunks)))
        const type = request.headers['content-type']!
        response
          .writeHead(status, { 'content-type': type, ...headers })
          .end(status === 200 ? success(answer, type) : '')
      })
    }
    const server = secure === undefined ? createServer(listener) : createSecureServer(secure, listener)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    stage.after(() => {
      server.closeAllConnections()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    receiver.url = `${secure === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
    return receiver
  }

  /** The metric of the last request that has it. */
  last(name: string): ReceivedMetric | undefined {
    const metrics = this.accepted.flatMap((request) => request.metrics)
    return metrics.findLast((metric) => metric.name === name)
  }

  /** The sum over the series of the last request: what a cumulative counter has reached. */
  total(name: string): number | undefined {
    return this.last(name)?.points.reduce((sum, { asDouble = 0 }) => sum + asDouble, 0)
  }

  /**
   * The sum of differences. A process that was killed between the answer of the receiver and the record of it is followed
   * by one that sends the same interval again, longer: of intervals with one beginning, the last counts.
   */
  sumOfIntervals(name: string): number {
    const intervals = new Map<string, number>()
    const metrics = this.accepted.flatMap((request) => request.metrics).filter((metric) => metric.name === name)
    for (const { attributes, startTimeUnixNano, asDouble = 0 } of metrics.flatMap(({ points }) => points)) {
      intervals.set(`${JSON.stringify(attributes)} ${startTimeUnixNano}`, asDouble)
    }
    return [...intervals.values()].reduce((sum, value) => sum + value, 0)
  }

  /** The sum over the series of all requests: what the differences of a counter add up to. */
  sumOfDeltas(name: string): number {
    const metrics = this.accepted.flatMap((request) => request.metrics).filter((metric) => metric.name === name)
    return metrics.flatMap(({ points }) => points).reduce((sum, { asDouble = 0 }) => sum + asDouble, 0)
  }
}

/** Decodes a request of either format. */
export function decoded(path: string | undefined, headers: IncomingHttpHeaders, body: Buffer): ReceivedRequest {
  const bytes = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
  const message = headers['content-type'] === 'application/json' ? fromJson(bytes) : fromProtobuf(bytes)
  const [{ resource, scopeMetrics }] = message.resourceMetrics
  const [{ scope, metrics }] = scopeMetrics
  const list = metrics as Record<string, never>[]
  return {
    path,
    headers,
    bytes: bytes.length,
    resource: record(resource.attributes),
    scope,
    metrics: list.map(metricOf),
  }
}

/** All fields, in the form of JSON: integers of 64 bits as texts, bytes in hexadecimal notation. */
function fromProtobuf(bytes: Buffer) {
  const message = ExportMetricsServiceRequest.decode(bytes)
  const plain = ExportMetricsServiceRequest.toObject(message, { longs: String, bytes: Array })
  return withHex(plain)
}

function fromJson(bytes: Buffer) {
  return withNumbers(JSON.parse(bytes.toString()))
}

// biome-ignore lint/suspicious/noExplicitAny: what a sender may have sent
function withHex(value: unknown): any {
  if (Array.isArray(value)) return value.map(withHex)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, each]) => {
    if (key !== 'traceId' && key !== 'spanId') return [key, withHex(each)]
    return [key, Buffer.from(each as number[]).toString('hex')]
  })
  return Object.fromEntries(entries)
}

/** In JSON, NaN and infinity are texts. */
// biome-ignore lint/suspicious/noExplicitAny: what a sender may have sent
function withNumbers(value: unknown): any {
  if (Array.isArray(value)) return value.map(withNumbers)
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value) as never
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withNumbers(each)]))
}

function metricOf(metric: Record<string, never>): ReceivedMetric {
  const data = (['gauge', 'sum', 'histogram', 'summary'] as const).find((each) => each in metric)!
  const { dataPoints, ...rest } = metric[data] as unknown as { dataPoints: Record<string, never>[] }
  return {
    name: metric.name!,
    description: metric.description ?? '',
    unit: metric.unit ?? '',
    metadata: record(metric.metadata),
    data,
    ...rest,
    points: dataPoints.map(({ attributes, exemplars, ...point }) => ({
      ...(point as never as OtlpPoint),
      attributes: record(attributes),
      ...(exemplars !== undefined && {
        exemplars: (exemplars as Record<string, never>[]).map(({ filteredAttributes, ...exemplar }) => ({
          ...exemplar,
          filteredAttributes: record(filteredAttributes),
        })),
      }),
    })),
  }
}

function record(attributes: readonly { key: string; value: { stringValue: string } }[] = []): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]))
}

function success({ rejected, message }: OtlpAnswer, type: string): Uint8Array | string {
  const partialSuccess =
    rejected === undefined && message === undefined
      ? undefined
      : { rejectedDataPoints: rejected ?? 0, errorMessage: message ?? '' }
  if (type === 'application/json') {
    const texts = partialSuccess && { ...partialSuccess, rejectedDataPoints: String(partialSuccess.rejectedDataPoints) }
    return JSON.stringify({ partialSuccess: texts })
  }
  return ExportMetricsServiceResponse.encode({ partialSuccess }).finish()
}
