import type { SeriesKey } from '../model/series-key.js'

/** So many keys are in one map. */
const few = 4096
const parts = 64
/** Characters at the end of a key that decide which part it is in: label values differ there. */
const hashedLength = 16

/**
 * The rows of a table by key. A map that doubles holds the event loop until each of its keys has moved, 40 ms for half a
 * million: those of a large table are many maps, and each of them small.
 */
export class RowNumbers {
  private readonly first = new Map<SeriesKey, number>()
  private readonly more: Map<SeriesKey, number>[] = []

  get(key: SeriesKey): number | undefined {
    return this.first.get(key) ?? this.more[partOf(key)]?.get(key)
  }

  set(key: SeriesKey, row: number): void {
    if (this.first.size < few) this.first.set(key, row)
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
