import { createHash } from 'node:crypto'
import { slotOf } from './client/slots.js'

/** Slots of a Redis Cluster. */
const slotCount = 16_384
/** The maximum distance of a shard's slot from its position among the slots: a 96th of them to each side. */
const tolerance = slotCount / 96

/**
 * Returns the hash tag of a shard, without braces. A cluster assigns a tag to a node by its checksum, so simple
 * numbered tags could end up on one node by chance. These tags are chosen so that the shards of a service are spread
 * evenly over the slots of the cluster, for any number of shards (exactly so for 3, 6, 12 and so on).
 *
 * @param tag the hash tag of shard 0
 * @param shard from 1 on
 */
export function shardTag(tag: string, shard: number): string {
  const targetSlot = (slotOf(tag) + placeOf(shard) * slotCount) % slotCount
  for (let attempt = 0; ; attempt++) {
    const candidate = `${tag}/shard-${shard}.${attempt}`
    const distance = Math.abs(slotOf(candidate) - targetSlot)
    if (Math.min(distance, slotCount - distance) <= tolerance) return candidate
  }
}

/**
 * Returns the position of a shard on the circle of slots, from 0 to 1: thirds first, because a cluster has at least
 * three primaries, then halves of the gaps. The position does not depend on the number of shards, which may change.
 */
function placeOf(shard: number): number {
  let place = (shard % 3) / 3
  let width = 1 / 3
  for (let rest = Math.floor(shard / 3); rest > 0; rest >>= 1) {
    width /= 2
    place += (rest & 1) * width
  }
  return place
}

/** Returns the shard of a new ledger: ledgers are spread by a digest of their name. */
export function shardOf(ledger: string, shards: number): number {
  return createHash('sha1').update(ledger).digest().readUInt32BE() % shards
}
