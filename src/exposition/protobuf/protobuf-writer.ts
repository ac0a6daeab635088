/** The wire types of fields. */
const wire = { varint: 0, fixed64: 1, bytes: 2 } as const

const encoder = new TextEncoder()
/** Texts up to this length are written character by character, which is faster than a call of the encoder. */
const shortText = 48

/**
 * Writes a message of Protocol Buffers into a buffer that grows. It knows the encoding of fields, but no schema: the
 * caller passes the numbers of fields, and omits fields with their default value.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 *
 * @example
 * const writer = new ProtobufWriter()
 * const label = writer.open(1)
 * writer.text(1, 'method')
 * writer.text(2, 'GET')
 * writer.close(label)
 * writer.finish() // 0a 0d 0a 06 m e t h o d 12 03 G E T
 */
export class ProtobufWriter {
  private buffer: Uint8Array
  private view: DataView
  private end = 0

  /** @param size bytes to begin with; the buffer doubles when it is full */
  constructor(size = 1024) {
    this.buffer = new Uint8Array(Math.max(size, 16))
    this.view = new DataView(this.buffer.buffer)
  }

  /** The number of bytes so far. */
  get length(): number {
    return this.end
  }

  /** An integer of the types `int32`, `int64`, `uint32`, `uint64`, `bool` or `enum`; a safe integer. */
  varint(field: number, value: number): void {
    this.tag(field, wire.varint)
    this.reserve(10)
    this.rawVarint(value)
  }

  /** An integer of the type `fixed64`. */
  fixed64(field: number, value: bigint): void {
    this.tag(field, wire.fixed64)
    this.reserve(8)
    this.view.setBigUint64(this.end, value, true)
    this.end += 8
  }

  double(field: number, value: number): void {
    this.tag(field, wire.fixed64)
    this.reserve(8)
    this.rawDouble(value)
  }

  text(field: number, value: string): void {
    const mark = this.open(field)
    this.rawText(value)
    this.close(mark)
  }

  bytes(field: number, value: Uint8Array): void {
    this.tag(field, wire.bytes)
    this.reserve(10 + value.length)
    this.rawVarint(value.length)
    this.buffer.set(value, this.end)
    this.end += value.length
  }

  /** A repeated field of doubles, in its packed form. */
  packedDoubles(field: number, values: ArrayLike<number>): void {
    const mark = this.openPacked(field, values.length)
    for (let i = 0; i < values.length; i++) this.rawDouble(values[i]!)
    this.close(mark)
  }

  /** A repeated field of `fixed64`, in its packed form; the values are whole numbers from 0 to 2⁵³ - 1. */
  packedFixed64(field: number, values: ArrayLike<number>): void {
    const mark = this.openPacked(field, values.length)
    for (let i = 0; i < values.length; i++) this.rawFixed64(values[i]!)
    this.close(mark)
  }

  /** A repeated field of integers, in its packed form. */
  packedVarints(field: number, values: ArrayLike<number>): void {
    const mark = this.openPacked(field, values.length)
    for (let i = 0; i < values.length; i++) {
      this.reserve(10)
      this.rawVarint(values[i]!)
    }
    this.close(mark)
  }

  /**
   * Begins a field that is a message: what is written until `close()` belongs to it.
   *
   * @returns the mark for `close()`
   */
  open(field: number): number {
    this.tag(field, wire.bytes)
    this.reserve(1)
    // Nearly all messages have a length of one byte; `close()` makes space for a longer one.
    return ++this.end
  }

  /** Ends the field that `open()` began. */
  close(mark: number): void {
    const length = this.end - mark
    let more = 0
    for (let rest = length; rest > 127; rest = Math.floor(rest / 128)) more++
    if (more > 0) {
      this.reserve(more)
      this.buffer.copyWithin(mark + more, mark, this.end)
    }
    this.end = mark - 1
    this.rawVarint(length)
    this.end += length
  }

  /** Removes what was written since the writer had this length. */
  truncate(length: number): void {
    this.end = length
  }

  /** Returns the message. It is a view of the buffer, and valid until the writer is used again. */
  finish(): Uint8Array {
    return this.buffer.subarray(0, this.end)
  }

  private openPacked(field: number, count: number): number {
    const mark = this.open(field)
    this.reserve(count * 8)
    return mark
  }

  private tag(field: number, type: number): void {
    this.reserve(5)
    this.rawVarint(field * 8 + type)
  }

  private reserve(more: number): void {
    const needed = this.end + more
    if (needed <= this.buffer.length) return
    const grown = new Uint8Array(Math.max(needed, this.buffer.length * 2))
    grown.set(this.buffer.subarray(0, this.end))
    this.buffer = grown
    this.view = new DataView(grown.buffer)
  }

  private rawVarint(value: number): void {
    if (value < 0) {
      this.rawNegative(value)
      return
    }
    let rest = value
    while (rest > 127) {
      this.buffer[this.end++] = (rest % 128) + 128
      rest = Math.floor(rest / 128)
    }
    this.buffer[this.end++] = rest
  }

  /** A negative integer has ten bytes, those of its two's complement. */
  private rawNegative(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value))
    for (let i = 0; i < 9; i++) {
      this.buffer[this.end++] = Number(rest & 127n) + 128
      rest >>= 7n
    }
    this.buffer[this.end++] = Number(rest)
  }

  private rawDouble(value: number): void {
    this.view.setFloat64(this.end, value, true)
    this.end += 8
  }

  private rawFixed64(value: number): void {
    this.view.setUint32(this.end, value % 2 ** 32, true)
    this.view.setUint32(this.end + 4, Math.floor(value / 2 ** 32), true)
    this.end += 8
  }

  private rawText(text: string): void {
    // A character has at most three bytes for each of its units in UTF-16.
    this.reserve(text.length * 3)
    const { buffer } = this
    if (text.length <= shortText) {
      let at = this.end
      let i = 0
      for (; i < text.length; i++) {
        const code = text.charCodeAt(i)
        if (code > 127) break
        buffer[at++] = code
      }
      if (i === text.length) {
        this.end = at
        return
      }
    }
    this.end += encoder.encodeInto(text, buffer.subarray(this.end)).written
  }
}
