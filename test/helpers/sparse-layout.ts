import type { FamilyDescriptor } from '../../src/model/descriptor.js'
import { closeRecord, replaceRecord, type SlotArea, type SlotLayout } from '../../src/model/layout/slot-layout.js'
import type { Slots } from '../../src/store/contract.js'

/*
 * A layout for tests whose buckets appear over time, as those of a native histogram do:
 * `[sequence][sum][scale][used]`, then a pair `[bucket][count]` for each bucket in use. At scale 1 a bucket takes the
 * values of two neighbours of scale 0: a series with more buckets than there is room for becomes coarser.
 */

const pairs = 4
const mergedPairs = 6
const head = 3

/** The pairs of a series after its sequence number: `[sum][scale][used]`, and the pairs. */
class SparseBuckets {
  constructor(
    private readonly slots: Float64Array,
    private readonly at: number,
    private readonly capacity: number,
  ) {}

  get sum(): number {
    return this.slots[this.at]!
  }

  get scale(): number {
    return this.slots[this.at + 1]!
  }

  /** @param sign -1 subtracts the pairs that are in both */
  add(other: SparseBuckets, sign = 1): void {
    this.slots[this.at]! += sign * other.sum
    while (this.scale < other.scale) this.coarsen()
    for (const [bucket, count] of other.entries()) this.count(bucket * 2 ** other.scale, sign * count)
  }

  /** Counts in the bucket of scale 0. */
  count(bucket: number, amount: number): void {
    for (;;) {
      const own = Math.floor(bucket / 2 ** this.scale)
      const used = this.slots[this.at + 2]!
      for (let i = 0; i < used; i++) {
        if (this.slots[this.at + head + 2 * i] !== own) continue
        this.slots[this.at + head + 2 * i + 1]! += amount
        return
      }
      if (used < this.capacity) {
        this.slots.set([own, amount], this.at + head + 2 * used)
        this.slots[this.at + 2] = used + 1
        return
      }
      this.coarsen()
    }
  }

  observe(value: number): void {
    this.slots[this.at]! += value
    this.count(value, 1)
  }

  entries(): [bucket: number, count: number][] {
    return Array.from({ length: this.slots[this.at + 2]! }, (_, i) => {
      const at = this.at + head + 2 * i
      return [this.slots[at]!, this.slots[at + 1]!]
    })
  }

  private coarsen(): void {
    const before = this.entries()
    const scale = this.scale + 1
    this.slots.fill(0, this.at + 2, this.at + head + 2 * this.capacity)
    this.slots[this.at + 1] = scale
    for (const [bucket, count] of before) this.count(bucket * 2 ** (scale - 1), count)
  }
}

const written = (values: Float64Array, at: number): SparseBuckets => new SparseBuckets(values, at + 1, pairs)
const merged = (values: Float64Array, at: number): SparseBuckets => new SparseBuckets(values, at, mergedPairs)
const width = 1 + head + 2 * pairs

export const sparseLayout: SlotLayout = {
  width,
  mergedWidth: head + 2 * mergedPairs,
  additiveFrom: undefined,
  sequenced: true,
  keepsDead: true,
  perWriter: false,
  claim: (area, at) => closeRecord(area.words, at),
  carry: (into, intoAt, from, fromAt) =>
    record(into, intoAt, () => written(into.values, intoAt).add(written(from.values, fromAt))),
  replace: (into, intoAt, from, fromAt) => replaceRecord(into, intoAt, from, fromAt, width),
  deduct: (area, at, before) => record(area, at, () => written(area.values, at).add(written(before, 0), -1)),
  combine: (into, intoAt, from, at) => merged(into, intoAt).add(written(from, at)),
  present: () => true,
}

function record({ words }: SlotArea, at: number, change: () => void): void {
  Atomics.add(words, at * 2, 1)
  change()
  Atomics.add(words, at * 2, 1)
}

/** A family of the layout, which `withSparse` knows. */
export function sparseFamily(name: string): FamilyDescriptor {
  return { type: 'sparse', name, help: 'X.', labelNames: ['text'], registry: 'default' } as unknown as FamilyDescriptor
}

/** `layoutOf` that knows the type as well. */
export function withSparse(layoutOf: (family: FamilyDescriptor) => SlotLayout): typeof layoutOf {
  return (family) => ((family.type as string) === 'sparse' ? sparseLayout : layoutOf(family))
}

export function observe(slots: Slots, ...values: readonly number[]): void {
  record(slots, slots.at, () => {
    for (const value of values) written(slots.values, slots.at).observe(value)
  })
}

/** What a merged series shows. */
export function shownAt(slots: Float64Array, base: number): object {
  const series = merged(slots, base)
  const counts = series.entries().filter(([, count]) => count !== 0)
  return { sum: series.sum, scale: series.scale, counts: Object.fromEntries(counts) }
}
