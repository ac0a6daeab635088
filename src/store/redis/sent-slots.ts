import type { Segments } from '../core/segments.js'

/** The minimum of bytes that are compared, and sent if they differ, at a time. */
const leastPage = 512
const mostPages = 8192

/** Bytes, and their position. */
export interface ByteRange {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** A copy of the slots that Redis has of a ledger, so that only changes are sent. */
export class SentSlots {
  private bytes: Buffer = Buffer.alloc(0)
  /** The number of bytes that Redis has. */
  length = 0

  values(): Float64Array {
    const { buffer, byteOffset } = this.bytes
    return new Float64Array(buffer, byteOffset, Math.floor(this.length / 8))
  }

  /**
   * Returns the pages that differ, with adjacent ones joined; copied, because counting continues.
   *
   * @param known the length that Redis has; 0 if all of them are sent
   */
  *changes(segments: Segments, known: number): Iterable<ByteRange> {
    const pageSize = leastPage * Math.ceil((segments.used * 8) / leastPage / mostPages)
    for (const { first, values } of segments.all) {
      const length = Math.min(values.length, segments.used - first) * 8
      if (length <= 0) return
      const bytes = Buffer.from(values.buffer, values.byteOffset, length)
      const offset = first * 8
      let from = -1
      for (let at = 0; at < length; at += pageSize) {
        const end = Math.min(at + pageSize, length)
        const same = offset + end <= known && this.bytes.compare(bytes, at, end, offset + at, offset + end) === 0
        if (!same && from < 0) from = at
        if (same && from >= 0) {
          yield { offset: offset + from, bytes: Buffer.from(bytes.subarray(from, at)) }
          from = -1
        }
      }
      if (from >= 0) yield { offset: offset + from, bytes: Buffer.from(bytes.subarray(from)) }
    }
  }

  /** Called when Redis has applied them; `whole` if it has nothing else. */
  take(stretches: readonly ByteRange[], length: number, whole: boolean): void {
    if (this.bytes.length < length) this.bytes = grown(this.bytes, length)
    if (whole) this.bytes.fill(0)
    for (const { offset, bytes } of stretches) this.bytes.set(bytes, offset)
    this.length = length
  }
}

function grown(buffer: Buffer, length: number): Buffer {
  // A separate buffer begins at a multiple of 8 bytes, so it can be read as float64.
  const wider = Buffer.from(new ArrayBuffer(Math.ceil(Math.max(length, buffer.length * 2) / 8) * 8))
  wider.set(buffer)
  return wider
}
