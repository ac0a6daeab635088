import type { Attributes, OtlpMetric, Point } from './point.js'

/** What all metrics of a request have in common. */
export interface RequestHead {
  /** The attributes of the resource. */
  readonly resource: Attributes
  /** The version of promhive, which is the scope of all metrics. */
  readonly version: string
}

/** Writes requests in one of the two formats of OTLP over HTTP: metrics, each followed by its points. */
export interface Encoding {
  readonly contentType: string
  /** The approximate number of bytes of the request so far. */
  readonly size: number
  /** Begins a metric; `end()` ends it. */
  begin(metric: OtlpMetric): void
  /**
   * @param start Unix milliseconds at which counting began; a gauge does not show it
   * @param time Unix milliseconds at which the values were read
   */
  point(point: Point, start: number, time: number): void
  end(): void
  /** Returns the request, and begins the next one. Its bytes stay unchanged. */
  finish(): Uint8Array
}

/** Converts Unix milliseconds to nanoseconds. */
export function nanoseconds(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds)) * 1_000_000n
}
