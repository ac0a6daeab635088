import { readAt } from '../shared/files.js'

const firstCapacity = 64 * 1024

/** The bytes of the file that is being read, as the types that it consists of. One buffer serves all files in turn. */
export class FileBuffer {
  bytes = Buffer.alloc(0)
  words = new Int32Array(0)
  doubles = new Float64Array(0)

  private copies = new Float64Array(0)

  /** Returns an array with a place for every value of the file. */
  copyOfDoubles(): Float64Array {
    if (this.copies.length < this.doubles.length) this.copies = new Float64Array(this.doubles.length)
    return this.copies
  }

  /** Reads the first bytes of a file; returns how many it has. */
  read(fd: number, length: number): number {
    this.reach(length)
    return readAt(fd, this.bytes, length, 0)
  }

  /** Reads the bytes from `from` to `to`; returns how many were read up to there in all. */
  readOn(fd: number, from: number, to: number): number {
    if (to <= from) return to
    this.reach(to)
    return from + readAt(fd, this.bytes.subarray(from), to - from, from)
  }

  private reach(length: number): void {
    if (length <= this.bytes.length) return
    const capacity = Math.max(firstCapacity, this.bytes.length * 2, Math.ceil(length / 8) * 8)
    const area = new ArrayBuffer(capacity)
    const before = this.bytes
    this.bytes = Buffer.from(area)
    this.bytes.set(before)
    this.words = new Int32Array(area)
    this.doubles = new Float64Array(area)
  }
}
