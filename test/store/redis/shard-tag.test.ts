import { describe, expect, test } from 'vitest'
import { slotOf } from '../../../src/store/redis/client/slots.js'
import { Keys } from '../../../src/store/redis/keys.js'
import { shardOf, shardTag } from '../../../src/store/redis/shard-tag.js'

const tags = ['promhive', 'shop', 'bank', 'a', 'checkout:eu-west-1', 'ü']

/** The node of a cluster whose primaries share the slots evenly. */
function nodeOf(slot: number, primaries: number): number {
  return Math.floor((slot * primaries) / 16_384)
}

describe('the hash tags of shards', () => {
  test('have the slots that Redis Cluster gives them', () => {
    expect(slotOf('123456789')).toBe(0x31c3 % 16_384)
    expect(slotOf('foo')).toBe(12_182)
  })

  test.each([3, 6])('put %i shards on as many primaries, whatever the prefix', (count) => {
    for (const tag of tags) {
      const slots = Array.from({ length: count }, (_, shard) => slotOf(shard === 0 ? tag : shardTag(tag, shard)))
      const nodes = new Set(slots.map((slot) => nodeOf(slot, count)))
      // If shard 0 is at the end of a node's slots, its neighbours may be on the other side of that end.
      const inner = (slotOf(tag) * count) % 16_384
      const atEnd = Math.min(inner, 16_384 - inner) <= (count * 16_384) / 96
      expect(nodes.size, tag).toBeGreaterThanOrEqual(atEnd ? count - 1 : count)
    }
  })

  test('do not depend on the number of shards, and differ', () => {
    const all = Array.from({ length: 64 }, (_, shard) => (shard === 0 ? 'shop' : shardTag('shop', shard)))
    expect(new Set(all).size).toBe(64)
    expect(shardTag('shop', 5)).toBe(all[5])
  })

  test('are part of every key, also where the prefix brings a hash tag of its own', () => {
    const keys = new Keys('eu{shop}prod', 2)
    const tag = shardTag('shop', 2)
    for (const key of [...keys.shared, ...keys.of('a')]) expect(key.startsWith(`eu{${tag}}prod:`)).toBe(true)
    expect(new Keys('shop', 0).ledgers).toBe('{shop}:ledgers')
    expect(new Keys('shop', 1).ledgers).toBe(`{${shardTag('shop', 1)}}:ledgers`)
  })
})

describe('ledgers', () => {
  test('are spread evenly', () => {
    const counts = [0, 0, 0]
    for (let i = 0; i < 3000; i++) counts[shardOf(`shop-7f9c-${i}-${i}-0`, 3)]!++
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })
})
