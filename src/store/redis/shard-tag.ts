import { createHash } from 'node:crypto'

/** Slots of a Redis Cluster. */
const slotCount = 16_384
/** How far a shard's slot may be from its place among the slots: a 96th of them to each side. */
const tolerance = slotCount / 96

/**
 * Returns the hash tag of a shard, without braces. A cluster assigns a tag to a node by its checksum, so that tags which
 * only carry a number would meet on one node by chance. These are chosen: the shards of a service are spread evenly over the
 * slots of the cluster, for any number of shards (exactly so for 3, 6, 12 and so on).
 *
 * @param tag the hash tag of shard 0
 * @param shard from 1 on
 */
export function shardTag(tag: string, shard: number): string {
  const wanted = (slotOf(tag) + placeOf(shard) * slotCount) % slotCount
  for (let attempt = 0; ; attempt++) {
    const candidate = `${tag}/shard-${shard}.${attempt}`
    const distance = Math.abs(slotOf(candidate) - wanted)
    if (Math.min(distance, slotCount - distance) <= tolerance) return candidate
  }
}

/**
 * The position of a shard on the circle of slots, from 0 to 1: thirds first, because a cluster has at least three primaries,
 * then halves of what is between them. The place of a shard does not depend on the number of shards, which may change.
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

/** CRC16 (XMODEM) of the tag, as Redis Cluster assigns slots. */
export function slotOf(tag: string): number {
  let crc = 0
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = ((crc & 0x8000) !== 0 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff
  }
  return crc % slotCount
}

/** Returns the shard that a new ledger belongs to: ledgers are spread by a digest of their name. */
export function shardOf(ledger: string, shards: number): number {
  return createHash('sha1').update(ledger).digest().readUInt32BE() % shards
}
