import type { SlotLayout } from '../../model/layout/slot-layout.js'
import { setTimeout } from '../../platform/timers.js'
import type { Pause } from '../contract.js'
import { readAt } from './files.js'
import { headerSize } from './format.js'

/** Bytes that are read at a time: three readings of a piece fit into the processor's cache. */
const pieceSize = 256 * 1024
/** How often a record that was being written is read again at once. */
const attempts = 50
/**
 * How often a record is checked again, at least a millisecond apart, if its writer lost the processor while writing it.
 * A writer that was stopped never finishes. This counts checks and not time, because after a pause of the whole machine
 * the writer needs processor time as well.
 */
const looks = 200

/**
 * Reads the slots of a writer so that each record shows one moment.
 *
 * The first slot of a record is incremented before and after each write. The file is read three times: A, B and C. If
 * the count of a record is even, and the same in A and C, its slots in B are consistent. Other records are read again
 * one by one.
 */
export class RecordReader {
  /** The end of the slots that series use. */
  end = 0
  /** First slot → width, of every series that is a record. */
  private readonly widths = new Map<number, number>()
  private sorted: Int32Array | undefined
  /** The record for which waiting timed out, and its count. Readers do not wait for it again until the count changes. */
  private stopped: { readonly slot: number; readonly sequence: number } | undefined
  private readonly before = Buffer.from(new ArrayBuffer(pieceSize))
  private readonly after = Buffer.from(new ArrayBuffer(pieceSize))

  add(slot: number, layout: SlotLayout): void {
    if (slot + layout.width > this.end) this.end = slot + layout.width
    if (!layout.sequenced) return
    this.widths.set(slot, layout.width)
    this.sorted = undefined
  }

  drop(slot: number): void {
    if (this.widths.delete(slot)) this.sorted = undefined
  }

  /** Fills `values` from the file. Sequence numbers become 0, because they are not values. */
  async read(fd: number, values: Float64Array, live: boolean, pause: Pause): Promise<void> {
    const starts = (this.sorted ??= Int32Array.from(this.widths.keys()).sort())
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2)
    let next = 0
    for (let firstSlot = 0, endSlot = 0; firstSlot < values.length; firstSlot = endSlot) {
      endSlot = this.pieceEnd(starts, next, firstSlot, values.length)
      const from = firstSlot * 8
      const length = (endSlot - firstSlot) * 8
      const piece = bytes.subarray(from, from + length)
      const guarded = live && next < starts.length && starts[next]! < endSlot
      if (guarded) readAt(fd, this.before, length, headerSize + from)
      piece.fill(0, readAt(fd, piece, length, headerSize + from))
      if (guarded) readAt(fd, this.after, length, headerSize + from)
      for (; next < starts.length && starts[next]! < endSlot; next++) {
        const slot = starts[next]!
        const width = this.widths.get(slot)!
        if (guarded && !this.whole(slot, width, firstSlot, endSlot)) await this.again(fd, values, slot, width)
        words[slot * 2] = 0
        words[slot * 2 + 1] = 0
      }
      if (pause.due()) await pause.rest()
    }
  }

  /** Returns the end of the piece that begins at `first`: it ends before a record that does not fit completely. */
  private pieceEnd(starts: Int32Array, next: number, first: number, end: number): number {
    const limit = Math.min(first + pieceSize / 8, end)
    let low = next
    let high = starts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (starts[middle]! < limit) low = middle + 1
      else high = middle
    }
    const last = low > next ? starts[low - 1]! : first
    return last > first && limit < end && last + this.widths.get(last)! > limit ? last : limit
  }

  private whole(slot: number, width: number, firstSlot: number, endSlot: number): boolean {
    // A record that is larger than a piece.
    if (slot + width > endSlot) return false
    const position = (slot - firstSlot) * 8
    const sequence = this.before.readInt32LE(position)
    return (sequence & 1) === 0 && sequence === this.after.readInt32LE(position)
  }

  private async again(fd: number, values: Float64Array, slot: number, width: number): Promise<void> {
    const record = new Uint8Array(
      values.buffer,
      values.byteOffset + slot * 8,
      Math.min(width, values.length - slot) * 8,
    )
    const sequence = Buffer.alloc(4)
    const position = headerSize + slot * 8
    for (let attempt = 1; ; attempt++) {
      readAt(fd, sequence, 4, position)
      const before = sequence.readInt32LE()
      readAt(fd, record, record.length, position)
      readAt(fd, sequence, 4, position)
      if ((before & 1) === 0 && sequence.readInt32LE() === before) return
      if (attempt < attempts) continue
      const { stopped } = this
      if (stopped?.slot === slot && stopped.sequence === before) return
      if (attempt >= attempts + looks) {
        // Buckets and their total are still right; the sum may lack one observation.
        this.stopped = { slot, sequence: before }
        return
      }
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
}
