import type { QuantileSketch } from '../quantile-sketch.js'
import type { SlidingWindow } from '../sliding-window.js'
import type { SlotArea } from './slot-layout.js'

/** A count beyond this stays: the upper half of a slot must not look like NaN, whose bits are not kept. */
const mostCount = 2 ** 30

/**
 * A ring of sketches: one for each part of a sliding window.
 *
 * Time is divided into intervals as long as one part, numbered from 1970 on, so that all processes agree on them. The bucket
 * of an interval is at its number modulo the number of buckets: `[interval][two counts per slot] …`. Interval 0 marks a
 * bucket without counts. A bucket changes its interval only when it is counted in; readers compare the interval with the
 * time, so that buckets of idle and ended processes age without a write.
 */
export class WindowRing {
  readonly buckets: number
  /** Slots of one bucket. */
  readonly stride: number
  /** Slots of all buckets. */
  readonly width: number
  private readonly milliseconds: number

  constructor(
    { maxAgeSeconds, ageBuckets }: SlidingWindow,
    private readonly sketch: QuantileSketch,
  ) {
    this.buckets = ageBuckets
    this.stride = 1 + Math.ceil(sketch.bins / 2)
    this.width = ageBuckets * this.stride
    this.milliseconds = (maxAgeSeconds * 1000) / ageBuckets
  }

  /** The number of the interval of a moment: 1 or more, whatever the clock shows. */
  intervalAt(now: number): number {
    return 1 + Math.floor(Math.max(0, now) / this.milliseconds)
  }

  /** When an interval begins, in unix milliseconds; the next one begins where it ends. */
  beginOf(interval: number): number {
    return (interval - 1) * this.milliseconds
  }

  /** The offset of an interval's bucket from the first one. */
  offsetOf(interval: number): number {
    return (interval % this.buckets) * this.stride
  }

  /**
   * Whether an interval is part of the window. One of the future is, up to a window ahead: clocks of hosts differ, and are set
   * back. What is further ahead would stay for too long.
   */
  isInWindow(interval: number, current: number): boolean {
    return interval > 0 && interval > current - this.buckets && interval <= current + this.buckets
  }

  /** Counts a value of an interval; `at` is the bucket of that interval. The record is open. */
  count(values: Float64Array, words: Int32Array, at: number, interval: number, bin: number): void {
    if (values[at] !== interval) this.restart(values, words, at, interval)
    const word = at * 2 + 2 + bin
    if (words[word]! < mostCount) words[word]!++
  }

  /** Empties a bucket for an interval. If the process is killed in between, the bucket counts for nothing. */
  private restart(values: Float64Array, words: Int32Array, at: number, interval: number): void {
    values[at] = 0
    words.fill(0, at * 2 + 2, (at + this.stride) * 2)
    values[at] = interval
  }

  /** Adds the counts of the window onto merged bins. */
  addTo(bins: Float64Array, firstBin: number, from: Float64Array, at: number, now: number): void {
    const current = this.intervalAt(now)
    const words = wordsOf(from)
    const count = this.sketch.bins
    const pairs = this.stride - 1
    for (let bucket = at; bucket < at + this.width; bucket += this.stride) {
      if (!this.isInWindow(from[bucket]!, current)) continue
      for (let pair = 0; pair < pairs; pair++) {
        // Most bins are empty: two of them are one comparison.
        if (from[bucket + 1 + pair] === 0) continue
        const word = (bucket + 1 + pair) * 2
        bins[firstBin + pair * 2]! += words[word]!
        if (pair * 2 + 1 < count) bins[firstBin + pair * 2 + 1]! += words[word + 1]!
      }
    }
  }

  /**
   * Adds the buckets of another ring: counts of the same interval are added, of two intervals the later one stays. An interval
   * that is too far in the future, from before a clock was set back, keeps nothing out.
   */
  merge(into: SlotArea, intoAt: number, from: SlotArea, fromAt: number, now: number): void {
    const latest = this.intervalAt(now) + this.buckets
    for (let offset = 0; offset < this.width; offset += this.stride) {
      const interval = from.values[fromAt + offset]!
      if (!(interval > 0 && interval <= latest)) continue
      const at = intoAt + offset
      const present = into.values[at]!
      if (present > interval && present <= latest) continue
      if (present !== interval) this.restart(into.values, into.words, at, interval)
      this.each((word) => {
        const [a, b] = [into.words[at * 2 + word]!, from.words[(fromAt + offset) * 2 + word]!]
        into.words[at * 2 + word] = Math.min(a + b, mostCount)
      })
    }
  }

  /** Subtracts the counts that the ring had when its slots were `before`, of intervals that it still has. */
  deduct({ values, words }: SlotArea, at: number, before: Float64Array, beforeAt: number): void {
    const had = wordsOf(before)
    for (let offset = 0; offset < this.width; offset += this.stride) {
      if (values[at + offset] !== before[beforeAt + offset]) continue
      this.each((word) => {
        const left = words[(at + offset) * 2 + word]! - (had[(beforeAt + offset) * 2 + word] ?? 0)
        words[(at + offset) * 2 + word] = Math.max(0, left)
      })
    }
  }

  /** The words of all counts, from the first word of their bucket. */
  private each(change: (word: number) => void): void {
    for (let word = 2; word < this.stride * 2; word++) change(word)
  }
}

/** The same bytes as words: two counts per slot. */
export function wordsOf({ buffer, byteOffset, length }: Float64Array): Int32Array {
  return new Int32Array(buffer, byteOffset, length * 2)
}
