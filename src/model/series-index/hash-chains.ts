/**
 * Numbered entries by hash: two numbers an entry, where a Map takes a string and five. Which entry of a chain is the one
 * looked for, the owner compares by itself.
 */
export class HashChains {
  /** The first entry of each chain; 0 for none: entries are numbered from 1. A power of two of them. */
  private heads: Int32Array = new Int32Array(16)
  /** The entry behind each entry in its chain. */
  next: Int32Array = new Int32Array(16)
  private size = 0

  /** @param hashOf the hash of an entry that is in */
  constructor(private readonly hashOf: (entry: number) => number) {}

  add(entry: number): void {
    if (entry >= this.next.length) this.next = grown(this.next, entry + 1)
    if (++this.size > this.heads.length) this.widen()
    this.link(entry)
  }

  /** The first entry of the chain of a hash. */
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

  /** Twice as many chains. They are walked, and not the entries: some of those may be in no chain. */
  private widen(): void {
    const { heads, next } = this
    this.heads = new Int32Array(heads.length * 2)
    // Linking an entry writes over what it led to: that is looked up before.
    for (const head of heads) {
      for (let entry = head, after = 0; entry !== 0; entry = after) {
        after = next[entry]!
        this.link(entry)
      }
    }
  }
}

/** A copy with room for `length`, and at the least a quarter more: growing one by one seldom copies. */
export function grown<A extends Int32Array | Uint8Array | Float64Array>(array: A, length: number): A {
  const wider = new (array.constructor as new (length: number) => A)(Math.max(length, Math.ceil(array.length * 1.25)))
  wider.set(array)
  return wider
}
