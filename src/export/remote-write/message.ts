import type { Exemplar } from '../../model/exemplar.js'
import type { MetricType } from '../../model/metric-type.js'
import type { FlatLabels } from './series-labels.js'

/** What a receiver can know of a family besides its series. */
export interface FamilyMetadata {
  /** The name under which receivers look the family up: that of its sample, or without `_bucket`, `_sum` and `_count`. */
  readonly name: string
  readonly type: MetricType
  readonly help: string
  readonly unit: string
}

/** One sample of one series; both versions of the protocol can encode it. */
export interface WrittenSample {
  readonly labels: FlatLabels
  readonly metadata: FamilyMetadata
  /** The value; `stale` for the marker of a series that has ended. */
  readonly value: number | typeof stale
  /** Unix milliseconds. */
  readonly timestamp: number
  /** Unix milliseconds at which the series began; 0 if it is unknown, or the type has no beginning. */
  readonly start: number
  readonly exemplar: Exemplar | undefined
}

/** One request of the protocol, sample by sample. */
export interface WriteMessage {
  readonly contentType: string
  /** The header `X-Prometheus-Remote-Write-Version`. */
  readonly version: string
  add(sample: WrittenSample): void
  /** Returns the encoded message, which is valid until the next call, and begins an empty one. */
  finish(): Uint8Array
}

/** The numbers of the types of metrics, which are the same in both versions. */
export const typeNumbers: Readonly<Record<MetricType, number>> = {
  unknown: 0,
  counter: 1,
  gauge: 2,
  histogram: 3,
  summary: 5,
  info: 6,
  stateset: 7,
}

/** Stands for the marker of a series that has ended. */
export const stale = Symbol('stale')

/** The bits of that marker, which is a NaN. Prometheus distinguishes it from any other. */
const staleBits = 0x7ff0_0000_0000_0002n

interface FieldWriter {
  double(field: number, value: number): void
  fixed64(field: number, value: bigint): void
}

/** Writes the value of a sample. */
export function writeValue(writer: FieldWriter, field: number, value: WrittenSample['value']): void {
  if (value === stale) writer.fixed64(field, staleBits)
  // The bits of a NaN may come from a file of another process, and must not be those of the marker.
  else if (Number.isNaN(value)) writer.double(field, Number.NaN)
  else if (!Object.is(value, 0)) writer.double(field, value)
}

/** Returns the time of an exemplar in Unix milliseconds: receivers require one. */
export function exemplarTime({ timestamp }: Exemplar, sampleTime: number): number {
  return timestamp === undefined ? sampleTime : Math.round(timestamp * 1000)
}
