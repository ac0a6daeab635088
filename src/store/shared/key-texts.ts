import { grown, HashChains } from '../../model/series-index/hash-chains.js'
import { keyArity, type SeriesKey } from '../../model/series-key.js'

/**
 * Interns the keys that are read from files. Most writers log the same series, so each key becomes a string only once;
 * this avoids most of the garbage collection at the first scrape.
 */
export class KeyTexts {
  /** The number of values in the last requested key; -1 if it is not a key. */
  arity = -1
  private readonly texts: SeriesKey[] = ['']
  /** The number of values in each of them, counted once for all writers. */
  private readonly arities: number[] = [-1]
  /** The same for keys that are not ASCII. */
  private readonly others = new Map<SeriesKey, number>()
  private hashes: Int32Array = new Int32Array(16)
  /** The entry that was requested last. */
  private last = 0
  private readonly chains = new HashChains((entry) => this.hashes[entry]!)

  text(bytes: Buffer, from: number, end: number): SeriesKey {
    // Processes that run the same code tend to open the same series in the same order.
    const next = this.texts[this.last + 1]
    if (next !== undefined && spells(next, bytes, from, end)) {
      this.last++
      this.arity = this.arities[this.last]!
      return next
    }
    this.last = this.find(bytes, from, end)
    if (this.last === 0) return this.other(bytes.toString('utf8', from, end))
    this.arity = this.arities[this.last]!
    return this.texts[this.last]!
  }

  private other(key: SeriesKey): SeriesKey {
    let arity = this.others.get(key)
    if (arity === undefined) this.others.set(key, (arity = keyArity(key)))
    this.arity = arity
    return key
  }

  /**
   * Returns the entry of a key, and creates it if it is missing; 0 for a key that is not ASCII, whose bytes are not
   * characters.
   */
  private find(bytes: Buffer, from: number, end: number): number {
    const hash = asciiHash(bytes, from, end)
    if (hash === undefined) return 0
    for (let entry = this.chains.first(hash); entry !== 0; entry = this.chains.next[entry]!) {
      if (this.hashes[entry] === hash && spells(this.texts[entry]!, bytes, from, end)) return entry
    }
    const key = bytes.toString('latin1', from, end)
    const entry = this.texts.push(key) - 1
    this.arities.push(keyArity(key))
    if (entry >= this.hashes.length) this.hashes = grown(this.hashes, entry + 1)
    this.hashes[entry] = hash
    this.chains.add(entry)
    return entry
  }
}

function spells(text: string, bytes: Uint8Array, from: number, end: number): boolean {
  if (text.length !== end - from) return false
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false
  return true
}

/** FNV-1a, with its upper half mixed into the lower one; undefined if a byte is not ASCII. */
function asciiHash(bytes: Uint8Array, from: number, end: number): number | undefined {
  let hash = 0x811c9dc5
  let all = 0
  for (let i = from; i < end; i++) {
    const byte = bytes[i]!
    all |= byte
    hash = Math.imul(hash ^ byte, 0x01000193)
  }
  return all < 128 ? hash ^ (hash >>> 15) : undefined
}
