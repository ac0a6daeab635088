import { grown, HashChains } from '../../model/series-index/hash-chains.js'

/**
 * Numbers the heads of entries, which are an entry's bytes before its value, from 1 on, and finds them by these bytes. The
 * first word of a head is the length of its key, so no head is the beginning of another one.
 *
 * A hash only says where to look: a head is found if all of its words are the same.
 */
export class HeadNumbers {
  private readonly chains = new HashChains((number) => this.hashes[number]!)
  private hashes: Int32Array = new Int32Array(64)
  /** Where the words of each head begin; those of a head end where those of the next begin. */
  private starts: Int32Array = new Int32Array(64)
  private words: Int32Array = new Int32Array(4096)
  /** The head that came after each head when it was last read, because processes tend to add the same entries in the same order. */
  private followers: Int32Array = new Int32Array(64)
  private last = 0
  /** How many heads have a number. */
  count = 0

  /** The number of words of all heads. */
  get size(): number {
    return this.starts[this.count + 1]!
  }

  /** Returns how many words a head has. */
  lengthOf(number: number): number {
    return this.starts[number + 1]! - this.starts[number]!
  }

  /** Returns the head that begins at a word if it is the one that usually comes now; otherwise 0. */
  predicted(words: Int32Array, from: number): number {
    const number = this.followers[this.last]!
    if (number === 0 || !this.isAt(number, words, from)) return 0
    this.last = number
    return number
  }

  /** Returns the number of the head of these words: a new one, the highest, if it is not known. */
  numberOf(words: Int32Array, from: number, to: number): number {
    const { chains, starts } = this
    const hash = hashOf(words, from, to)
    let number = chains.first(hash)
    for (; number !== 0; number = chains.next[number]!) {
      if (starts[number + 1]! - starts[number]! === to - from && this.isAt(number, words, from)) break
    }
    if (number === 0) number = this.add(words, from, to, hash)
    this.followers[this.last] = number
    this.last = number
    return number
  }

  /**
   * Whether consecutively numbered heads follow each other from a word on, with values between them.
   *
   * @param first the number of the first head
   * @param valueWords how many words each value has
   * @param indexes receives where each value is, in float64 from the beginning, from `at` on
   * @returns the word after the last value; 0 if the heads are others
   */
  run(
    first: number,
    count: number,
    words: Int32Array,
    from: number,
    valueWords: number,
    indexes: Int32Array,
    at: number,
  ): number {
    const { words: own, starts } = this
    let i = starts[first]!
    let j = from
    for (let number = first, next = at; number < first + count; number++, next++) {
      for (const end = starts[number + 1]!; i < end; i++, j++) if (own[i] !== words[j]) return 0
      indexes[next] = j >> 1
      j += valueWords
    }
    this.last = first + count - 1
    return j
  }

  private add(words: Int32Array, from: number, to: number, hash: number): number {
    const number = ++this.count
    if (number + 1 >= this.starts.length) {
      this.starts = grown(this.starts, this.starts.length * 2)
      this.hashes = grown(this.hashes, this.starts.length)
      this.followers = grown(this.followers, this.starts.length)
    }
    const start = this.starts[number]!
    const end = start + to - from
    if (end > this.words.length) this.words = grown(this.words, Math.max(end, this.words.length * 2))
    this.words.set(words.subarray(from, to), start)
    this.starts[number + 1] = end
    this.hashes[number] = hash
    this.chains.add(number)
    return number
  }

  /** Whether the words of a head are those from here on. */
  private isAt(number: number, words: Int32Array, from: number): boolean {
    const own = this.words
    const end = this.starts[number + 1]!
    let i = this.starts[number]!
    let j = from
    while (i < end && own[i] === words[j]) {
      i++
      j++
    }
    return i === end
  }
}

/** Returns the hash of some words. */
export function hashOf(words: Int32Array, from: number, to: number): number {
  let hash = 0
  for (let i = from; i < to; i++) {
    hash = Math.imul(hash ^ words[i]!, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return hash
}
