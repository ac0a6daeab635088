interface Answer {
  readonly bytes: number
  holders: number
}

/**
 * Counts the bytes of answers that clients have not read completely. An answer that clients share counts once, by the
 * list of its chunks; a record for each of thousands of chunks would cost more than writing them.
 */
export class WaitingBytes {
  private readonly answers = new Map<readonly Uint8Array[], Answer>()
  private sum = 0

  get total(): number {
    return this.sum
  }

  /** Adds a client of an answer. Returns the bytes of the answer. */
  retain(chunks: readonly Uint8Array[]): number {
    const known = this.answers.get(chunks)
    if (known !== undefined) {
      known.holders++
      return known.bytes
    }
    let bytes = 0
    for (const chunk of chunks) bytes += chunk.length
    this.answers.set(chunks, { bytes, holders: 1 })
    this.sum += bytes
    return bytes
  }

  release(chunks: readonly Uint8Array[]): void {
    const answer = this.answers.get(chunks)
    if (answer === undefined || --answer.holders > 0) return
    this.answers.delete(chunks)
    this.sum -= answer.bytes
  }
}
