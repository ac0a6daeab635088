/** The number of lines that are encoded at a time. */
const bundle = 256

/** Lines that will be sent to Redis: text when they are written, and encoded later. */
export class Lines {
  private texts: string[] = []
  private from = 0
  private packed: Buffer[] = []

  push(text: string): void {
    this.texts.push(text)
  }

  /** The number of lines that are not encoded yet. */
  get waiting(): number {
    return this.texts.length - this.from
  }

  clear(): void {
    this.texts = []
    this.from = 0
    this.packed = []
  }

  /** Encodes the lines in steps, including those that are added meanwhile. */
  *packing(): Iterable<void> {
    while (this.waiting > 0) {
      const end = Math.min(this.texts.length, this.from + bundle)
      this.packed.push(Buffer.from(this.texts.slice(this.from, end).join('')))
      this.from = end
      yield
    }
    this.texts = []
    this.from = 0
  }

  /** Removes all lines and returns them, in order. */
  take(): Buffer {
    for (const _ of this.packing());
    const bytes = this.packed.length === 1 ? this.packed[0]! : Buffer.concat(this.packed)
    this.clear()
    return bytes
  }
}
