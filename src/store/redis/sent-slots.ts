import type { Segments } from '../core/segments.js'

/** Bytes that are compared, and sent when they differ, at a time: more of them when there are very many. */
const leastPage = 512
const mostPages = 8192

/** Bytes, and where they belong. */
export interface ByteRange {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** What Redis has of a ledger's slots, slot by slot: so that only what changed is sent. */
export class SentSlots {
  private bytes: Buffer = Buffer.alloc(0)
  /** How many bytes Redis has. */
  length = 0

  values(): Float64Array {
    const { buffer, byteOffset } = this.bytes
    return new Float64Array(buffer, byteOffset, Math.floor(this.length / 8))
  }

  /**
   * The pages that differ, neighbours together; copied, because counting continues.
   *
   * @param known up to where Redis has them; 0 when all of them are sent
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

  /** Redis has taken them; `whole` when it has nothing else. */
  take(stretches: readonly ByteRange[], length: number, whole: boolean): void {
    if (this.bytes.length < length) this.bytes = grown(this.bytes, length)
    if (whole) this.bytes.fill(0)
    for (const { offset, bytes } of stretches) this.bytes.set(bytes, offset)
    this.length = length
  }
}

function grown(buffer: Buffer, length: number): Buffer {
  // Of its own, and so at a multiple of 8 bytes: it is read as float64.
  const wider = Buffer.from(new ArrayBuffer(Math.ceil(Math.max(length, buffer.length * 2) / 8) * 8))
  wider.set(buffer)
  return wider
}
