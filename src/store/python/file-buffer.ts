import { readAt } from '../shared/files.js'

const firstCapacity = 64 * 1024

/** The bytes of the file that is being read, as the types that it consists of. One buffer serves all files in turn. */
export class FileBuffer {
  bytes = Buffer.alloc(0)
  words = new Int32Array(0)
  doubles = new Float64Array(0)

  private copies = new Float64Array(1024)

  /** Returns an array for this many values of the file. */
  extracted(count: number): Float64Array {
    if (count > this.copies.length) this.copies = new Float64Array(count * 2)
    return this.copies
  }

  /** Reads the first bytes of a file; returns how many it has. */
  read(fd: number, length: number): number {
    this.reach(length)
    return readAt(fd, this.bytes, length, 0)
  }

  private reach(length: number): void {
    if (length <= this.bytes.length) return
    const capacity = Math.max(firstCapacity, this.bytes.length * 2, Math.ceil(length / 8) * 8)
    const area = new ArrayBuffer(capacity)
    this.bytes = Buffer.from(area)
    this.words = new Int32Array(area)
    this.doubles = new Float64Array(area)
  }
}
