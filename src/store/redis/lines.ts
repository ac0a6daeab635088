/** How many lines become bytes at a time. */
const bundle = 256

/** Lines that are to be sent to Redis: text when they are written, bytes later. */
export class Lines {
  private texts: string[] = []
  private from = 0
  private packed: Buffer[] = []

  push(text: string): void {
    this.texts.push(text)
  }

  /** How many are text as yet. */
  get waiting(): number {
    return this.texts.length - this.from
  }

  clear(): void {
    this.texts = []
    this.from = 0
    this.packed = []
  }

  /** Makes bytes of what was said so far, and of what is said meanwhile, in steps. */
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

  /** All of them, in the order in which they were said; there are none then. */
  take(): Buffer {
    for (const _ of this.packing());
    const bytes = this.packed.length === 1 ? this.packed[0]! : Buffer.concat(this.packed)
    this.clear()
    return bytes
  }
}
