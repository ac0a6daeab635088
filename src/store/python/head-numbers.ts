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

  /** Returns the head of these words; 0 if it has no number. */
  find(words: Int32Array, from: number, to: number): number {
    const { chains, starts } = this
    let number = chains.first(hashOf(words, from, to))
    for (; number !== 0; number = chains.next[number]!) {
      if (starts[number + 1]! - starts[number]! === to - from && this.isAt(number, words, from)) break
    }
    if (number !== 0) this.follow(number)
    return number
  }

  /** Gives the head of these words a number. */
  add(words: Int32Array, from: number, to: number): number {
    const number = ++this.count
    if (number + 1 >= this.starts.length) {
      this.starts = grown(this.starts, this.starts.length * 2)
      this.hashes = grown(this.hashes, this.starts.length)
      this.followers = grown(this.followers, this.starts.length)
    }
    const start = this.starts[number]!
    const end = start + to - from
    if (end > this.words.length) this.words = grown(this.words, Math.max(end, this.words.length * 2))
    for (let i = start, j = from; i < end; i++, j++) this.words[i] = words[j]!
    this.starts[number + 1] = end
    this.hashes[number] = hashOf(words, from, to)
    this.chains.add(number)
    this.follow(number)
    return number
  }

  private follow(number: number): void {
    this.followers[this.last] = number
    this.last = number
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
