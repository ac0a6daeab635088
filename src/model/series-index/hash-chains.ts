/**
 * Numbered entries by hash, with two numbers per entry, where a Map needs a string and five numbers. The owner compares
 * the entries of a chain itself.
 */
export class HashChains {
  /** The first entry of each chain; 0 for none, because entries are numbered from 1. Their number is a power of two. */
  private heads: Int32Array = new Int32Array(16)
  /** The next entry in the chain of each entry. */
  next: Int32Array = new Int32Array(16)
  private size = 0

  /** @param hashOf returns the hash of an entry */
  constructor(private readonly hashOf: (entry: number) => number) {}

  add(entry: number): void {
    if (entry >= this.next.length) this.next = grown(this.next, entry + 1)
    if (++this.size > this.heads.length) this.widen()
    this.link(entry)
  }

  /** Returns the first entry of the chain of a hash. */
  first(hash: number): number {
    return this.heads[hash & (this.heads.length - 1)]!
  }

  delete(entry: number): void {
    const { heads, next } = this
    const chain = this.hashOf(entry) & (heads.length - 1)
    let before = 0
    for (let each = heads[chain]!; each !== entry; each = next[each]!) before = each
    if (before === 0) heads[chain] = next[entry]!
    else next[before] = next[entry]!
    this.size--
  }

  private link(entry: number): void {
    const { heads, next } = this
    const chain = this.hashOf(entry) & (heads.length - 1)
    next[entry] = heads[chain]!
    heads[chain] = entry
  }

  /**
   * Doubles the number of chains. Goes through the chains and not the entries, because some entries may be in no chain.
   */
  private widen(): void {
    const { heads, next } = this
    this.heads = new Int32Array(heads.length * 2)
    // Linking an entry overwrites its next entry, which is therefore read before.
    for (const head of heads) {
      for (let entry = head, after = 0; entry !== 0; entry = after) {
        after = next[entry]!
        this.link(entry)
      }
    }
  }
}

/** Returns a copy with space for `length`, and at least a quarter more, so that growing one by one rarely copies. */
export function grown<A extends Int32Array | Uint8Array | Float64Array>(array: A, length: number): A {
  const wider = new (array.constructor as new (length: number) => A)(Math.max(length, Math.ceil(array.length * 1.25)))
  wider.set(array)
  return wider
}
