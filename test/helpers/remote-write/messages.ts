import protobuf from 'protobufjs'
import { uncompress } from 'snappyjs'

/*
 * The messages, written from the specifications. The value of a sample is a double there; as a `fixed64` it is the same
 * bytes, and all bits of a NaN can be read, which distinguish the marker of a series that has ended.
 */

/** The message of 1.0. The specification leaves out exemplars and metadata; their fields are those of Prometheus. */
const first = `
  syntax = "proto3";
  message WriteRequest { repeated TimeSeries timeseries = 1; repeated Metadata metadata = 3; }
  message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; repeated Exemplar exemplars = 3; }
  message Label { string name = 1; string value = 2; }
  message Sample { fixed64 value = 1; int64 timestamp = 2; }
  message Exemplar { repeated Label labels = 1; double value = 2; int64 timestamp = 3; }
  message Metadata { Type type = 1; string metric_family_name = 2; string help = 4; string unit = 5; }
  enum Type { UNKNOWN = 0; COUNTER = 1; GAUGE = 2; HISTOGRAM = 3; GAUGEHISTOGRAM = 4; SUMMARY = 5; INFO = 6; STATESET = 7; }
`

/** The message of 2.0, as of 2.0-rc.4, without native histograms. */
const second = `
  syntax = "proto3";
  message Request { reserved 1 to 3; repeated string symbols = 4; repeated TimeSeries timeseries = 5; }
  message TimeSeries {
    reserved 6;
    repeated uint32 labels_refs = 1;
    repeated Sample samples = 2;
    repeated Exemplar exemplars = 4;
    Metadata metadata = 5;
  }
  message Exemplar { repeated uint32 labels_refs = 1; double value = 2; int64 timestamp = 3; }
  message Sample { fixed64 value = 1; int64 timestamp = 2; int64 start_timestamp = 3; }
  message Metadata { Type type = 1; uint32 help_ref = 3; uint32 unit_ref = 4; }
  enum Type { UNSPECIFIED = 0; COUNTER = 1; GAUGE = 2; HISTOGRAM = 3; GAUGEHISTOGRAM = 4; SUMMARY = 5; INFO = 6; STATESET = 7; }
`

const writeRequest = protobuf.parse(first, { keepCase: true }).root.lookupType('WriteRequest')
const symbolRequest = protobuf.parse(second, { keepCase: true }).root.lookupType('Request')

/** One series of a request, read from either message. */
export interface ReadSeries {
  /** Names and values in turn, in their order in the message. */
  readonly labels: readonly string[]
  /** `stale` for the marker of a series that has ended. */
  readonly value: number | 'stale'
  readonly timestamp: number
  readonly start?: number
  readonly exemplar?: { readonly labels: readonly string[]; readonly value: number; readonly timestamp: number }
  readonly metadata?: ReadMetadata
}

export interface ReadMetadata {
  readonly name?: string
  readonly type: string
  readonly help: string
  readonly unit: string
}

export interface ReadRequest {
  readonly series: readonly ReadSeries[]
  readonly metadata: readonly ReadMetadata[]
}

/** Decodes a message by its content type. */
export function readMessage(message: Uint8Array, contentType = 'application/x-protobuf'): ReadRequest {
  return contentType.includes('v2') ? readSymbols(message) : readFirst(message)
}

/** The same for a compressed body. */
export function readBody(body: Uint8Array, contentType?: string): ReadRequest {
  return readMessage(uncompress(new Uint8Array(body)), contentType)
}

/** The series by name and labels, as Prometheus prints them: `jobs_total{queue="a"}`. */
export function bySeries(request: ReadRequest): Record<string, ReadSeries['value']> {
  return Object.fromEntries(request.series.map((series) => [printed(series.labels), series.value]))
}

export function printed(labels: readonly string[]): string {
  let name = ''
  const rest: string[] = []
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i] === '__name__') name = labels[i + 1]!
    else rest.push(`${labels[i]}="${labels[i + 1]}"`)
  }
  return `${name}${rest.length === 0 ? '' : `{${rest.join(',')}}`}`
}

function readFirst(message: Uint8Array): ReadRequest {
  const { timeseries, metadata } = objectOf(writeRequest, message)
  const pairs = ({ labels }: Decoded): string[] => labels.flatMap(({ name, value }: Decoded) => [name, value])
  return {
    series: timeseries.map((series: Decoded) => seriesOf(series, pairs)),
    metadata: metadata.map(({ metric_family_name: name, ...rest }: Decoded) => ({ name, ...rest })),
  }
}

function readSymbols(message: Uint8Array): ReadRequest {
  const { timeseries, symbols } = objectOf(symbolRequest, message)
  if (symbols[0] !== '') throw new Error('the first symbol must be empty')
  if (new Set(symbols).size !== symbols.length) throw new Error('a symbol is there twice')
  const used = new Set([0])
  const texts = ({ labels_refs: references }: Decoded): string[] =>
    references.map((reference: number) => {
      if (symbols[reference] === undefined) throw new Error(`no symbol ${reference} of ${symbols.length}`)
      used.add(reference)
      return symbols[reference]
    })
  const read = {
    series: timeseries.map((series: Decoded) => ({
      ...seriesOf(series, texts),
      metadata: {
        type: series.metadata.type,
        help: symbols[series.metadata.help_ref],
        unit: symbols[series.metadata.unit_ref],
      },
    })),
    metadata: [],
  }
  for (const { metadata } of timeseries) used.add(metadata.help_ref).add(metadata.unit_ref)
  if (used.size !== symbols.length) throw new Error(`${symbols.length - used.size} symbols are not used`)
  return read
}

function seriesOf(series: Decoded, labelsOf: (message: Decoded) => string[]): ReadSeries {
  const [sample] = series.samples
  const [exemplar] = series.exemplars
  return {
    labels: labelsOf(series),
    value: numberOf(BigInt(sample.value)),
    timestamp: Number(sample.timestamp),
    ...(sample.start_timestamp > 0 && { start: Number(sample.start_timestamp) }),
    ...(exemplar && {
      exemplar: { labels: labelsOf(exemplar), value: exemplar.value, timestamp: Number(exemplar.timestamp) },
    }),
  }
}

function numberOf(bits: bigint): ReadSeries['value'] {
  if (bits === 0x7ff0000000000002n) return 'stale'
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, bits)
  return view.getFloat64(0)
}

// biome-ignore lint/suspicious/noExplicitAny: decoded by a schema that is text
type Decoded = any

function objectOf(type: protobuf.Type, message: Uint8Array): Decoded {
  return type.toObject(type.decode(message), { defaults: true, arrays: true, enums: String, longs: String })
}
