import type { SeriesKey } from '../model/series-key.js'

/** The maximum number of keys in one map. */
const maxKeysPerMap = 4096
const parts = 64
/** The number of characters at the end of a key that determine its map, because label values differ there. */
const hashedLength = 16

/**
 * The rows of a table by key. A map that grows blocks the event loop until all its keys have moved, 40 ms for half a
 * million keys. Therefore a large table uses many small maps.
 */
export class RowNumbers {
  private readonly first = new Map<SeriesKey, number>()
  private readonly more: Map<SeriesKey, number>[] = []

  get(key: SeriesKey): number | undefined {
    return this.first.get(key) ?? this.more[partOf(key)]?.get(key)
  }

  set(key: SeriesKey, row: number): void {
    if (this.first.size < maxKeysPerMap) this.first.set(key, row)
    else {
      if (this.more.length === 0) for (let part = 0; part < parts; part++) this.more.push(new Map())
      this.more[partOf(key)]!.set(key, row)
    }
  }
}

function partOf(key: SeriesKey): number {
  let hash = key.length
  for (let i = Math.max(0, key.length - hashedLength); i < key.length; i++) {
    hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  }
  return (hash >>> 8) % parts
}
