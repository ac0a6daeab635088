import type { SlotLayout } from '../../model/layout/slot-layout.js'
import { setTimeout } from '../../platform/timers.js'
import type { Pause } from '../contract.js'
import { readAt } from './files.js'
import { headerSize } from './format.js'

/** Bytes that are read at a time: small enough that the three readings of a piece stay in the processor's cache. */
const pieceSize = 256 * 1024
/** How often a record that was being written is taken again at once. */
const attempts = 50
/**
 * How often it is looked again, a millisecond and more apart, for a writer that lost its processor inside a record. One that
 * was stopped never finishes. Looks and not time: where the whole machine stood still, the writer needs its turn as well.
 */
const looks = 200

/**
 * Reads a writer's slots so that each record is of one moment.
 *
 * A record's first slot counts up before and after each write. The file is read three times, A, B and C: a record of B
 * whose count is even and the same in A and C was not touched between them. Any other is read again by itself.
 */
export class RecordReader {
  /** Behind the last slot of any series. */
  end = 0
  /** First slot → width, of every series that is a record. */
  private readonly widths = new Map<number, number>()
  private sorted: Int32Array | undefined
  /** The record that was given up, and its count: until the count changes, readers do not wait for it again. */
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

  /** Fills `values` from the file. Sequence numbers become 0: they are not values. */
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

  /** Where the piece ends that begins at `first`: in front of a record that would not fit into it whole. */
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
        // Buckets and their total are right all the same, the sum may miss one observation.
        this.stopped = { slot, sequence: before }
        return
      }
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
}
