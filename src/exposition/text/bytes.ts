const chunkSize = 64 * 1024
/** From this size on, bytes are passed on without a copy; smaller ones are copied together. */
const largePiece = 4 * 1024

/** Collects an exposition in chunks: it is never one large buffer. */
export class ByteChunks {
  private readonly chunks: Uint8Array[] = []
  private bytes: Uint8Array = new Uint8Array(0)
  private length = 0

  /** @param data must not change until the exposition has been sent */
  append(data: Uint8Array): void {
    if (data.length >= largePiece) {
      this.endChunk()
      this.chunks.push(data)
      return
    }
    if (this.length + data.length > this.bytes.length) {
      this.endChunk()
      this.bytes = Buffer.allocUnsafeSlow(chunkSize)
    }
    this.bytes.set(data, this.length)
    this.length += data.length
  }

  end(): readonly Uint8Array[] {
    this.endChunk()
    return this.chunks
  }

  private endChunk(): void {
    if (this.length > 0) this.chunks.push(this.bytes.subarray(0, this.length))
    this.bytes = this.bytes.subarray(this.length)
    this.length = 0
  }
}
