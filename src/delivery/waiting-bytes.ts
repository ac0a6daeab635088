/** Counts the bytes of answers that wait to be read; a chunk that several answers share counts once. */
export class WaitingBytes {
  private readonly holders = new Map<Uint8Array, number>()
  private sum = 0

  get total(): number {
    return this.sum
  }

  retain(chunk: Uint8Array): void {
    const before = this.holders.get(chunk) ?? 0
    this.holders.set(chunk, before + 1)
    if (before === 0) this.sum += chunk.length
  }

  release(chunk: Uint8Array): void {
    const left = (this.holders.get(chunk) ?? 0) - 1
    if (left > 0) this.holders.set(chunk, left)
    else if (this.holders.delete(chunk)) this.sum -= chunk.length
  }
}
