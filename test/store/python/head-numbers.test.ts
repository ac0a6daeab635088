import { describe, expect, test } from 'vitest'
import { HeadNumbers, hashOf } from '../../../src/store/python/head-numbers.js'
import { WrittenFile } from '../../helpers/python/written-file.js'

/** The words of a file's bytes in use, and where its heads and values are, in words. */
function entriesOf(file: WrittenFile): {
  readonly words: Int32Array
  readonly heads: readonly (readonly [number, number])[]
} {
  const bytes = file.bytes()
  const words = new Int32Array(new Uint8Array(bytes).buffer)
  const heads: [number, number][] = []
  for (let at = 2; at < words[0]! / 4; ) {
    const length = words[at]! + 4
    const to = at + (length + 8 - (length % 8)) / 4
    heads.push([at, to])
    at = to + 4
  }
  return { words, heads }
}

function counters(...labels: readonly string[]): WrittenFile {
  const file = new WrittenFile()
  for (const [value, kind] of labels.entries())
    file.add({ metric: 'jobs', sample: 'jobs_total', labels: { kind }, value })
  return file
}

describe('heads of entries', () => {
  test('keep their numbers, in every order', () => {
    const numbers = new HeadNumbers()
    const labels = Array.from({ length: 500 }, (_, i) => `label ${i}`)
    const first = entriesOf(counters(...labels))
    expect(first.heads.map(([from, to]) => numbers.numberOf(first.words, from, to))).toEqual(
      labels.map((_, i) => i + 1),
    )
    const other = entriesOf(counters(...labels.toReversed()))
    expect(other.heads.map(([from, to]) => numbers.numberOf(other.words, from, to))).toEqual(
      labels.map((_, i) => 500 - i),
    )
    expect(numbers.count).toBe(500)
    for (const [i, [from, to]] of first.heads.entries()) expect(numbers.lengthOf(i + 1)).toBe(to - from)
  })

  test('are predicted by the one before, and only if all bytes are the same', () => {
    const numbers = new HeadNumbers()
    const { words, heads } = entriesOf(counters('a', 'b', 'c'))
    for (const [from, to] of heads) numbers.numberOf(words, from, to)
    // After the last one, nothing is known yet.
    expect(numbers.predicted(words, heads[0]![0])).toBe(0)
    expect(numbers.numberOf(words, ...heads[0]!)).toBe(1)
    expect(numbers.predicted(words, heads[1]![0])).toBe(2)
    const last = heads[2]![1] - 1
    words[last]! ^= 1
    expect(numbers.predicted(words, heads[2]![0])).toBe(0)
    words[last]! ^= 1
    expect(numbers.predicted(words, heads[2]![0])).toBe(3)
  })

  test('that differ late, or are the beginning of each other, are different ones', () => {
    const numbers = new HeadNumbers()
    const long = 'x'.repeat(5000)
    const labels = [`${long}a`, `${long}b`, long, `${long}aa`, `${long}a `]
    const { words, heads } = entriesOf(counters(...labels))
    for (let round = 1; round <= 2; round++) {
      expect(heads.map(([from, to]) => numbers.numberOf(words, from, to))).toEqual([1, 2, 3, 4, 5])
    }
  })

  test('with the same hash are different ones', () => {
    // A hash is made word by word, so the second word can make up for another first one.
    const [a, b] = [Int32Array.of(1, 5, 9), Int32Array.of(2, 0, 9)]
    b[1] = hashOf(a, 0, 1) ^ a[1]! ^ hashOf(b, 0, 1)
    expect(hashOf(a, 0, 3)).toBe(hashOf(b, 0, 3))
    const numbers = new HeadNumbers()
    for (let round = 1; round <= 2; round++) {
      expect([a, b].map((words) => numbers.numberOf(words, 0, 3))).toEqual([1, 2])
      expect([b, a].map((words) => numbers.numberOf(words, 0, 3))).toEqual([2, 1])
    }
  })
})

describe('a run of heads', () => {
  test('is known by all bytes between its values', () => {
    const numbers = new HeadNumbers()
    const { words, heads } = entriesOf(counters('a', 'b', 'c'))
    for (const [from, to] of heads) numbers.numberOf(words, from, to)
    const indexes = new Int32Array(5).fill(-1)
    const run = (): number => numbers.run(1, 3, words, 2, 4, indexes, 1)
    expect(run()).toBe(words[0]! / 4)
    expect([...indexes]).toEqual([-1, ...heads.map(([, to]) => to / 2), -1])
    for (const [from, to] of heads) {
      for (let at = from; at < to; at++) {
        words[at]! ^= 1
        expect(run()).toBe(0)
        words[at]! ^= 1
      }
    }
    // Values do not matter, and a layout without times is another one.
    words[heads[0]![1]] = 12345
    expect(run()).toBeGreaterThan(0)
    expect(numbers.run(1, 3, words, 2, 2, indexes, 1)).toBe(0)
    expect(numbers.run(1, 3, words.subarray(0, words[0]! / 4 - 6), 2, 4, indexes, 1)).toBe(0)
  })
})
