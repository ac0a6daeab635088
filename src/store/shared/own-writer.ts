import { layoutOf } from '../../model/layout/layout-of.js'
import type { WriterSnapshot } from '../contract.js'
import { MemoryStore } from '../core/memory-store.js'
import type { SharedStore } from './shared-store.js'

/** Returns what this process has counted on its seat, from its own memory, without reading the file. */
export function ownWriter(store: SharedStore): WriterSnapshot {
  const { number, head } = store.seat
  const { startedAt } = head.owner()
  const copy = new MemoryStore(number, head.epoch, store.writer)
  // Series that had no space in the file are shown separately.
  const aside = new Set([...store.overflow.series()].map(({ slots }) => slots.values))
  for (const { family, series, slots, createdAt = startedAt } of store.series(undefined, true)) {
    const { values, at } = slots
    if (!aside.has(values)) copy.restore(family, series, values.slice(at, at + layoutOf(family).width), createdAt)
  }
  return { ...copy.snapshot().writers[0]!, startedAt }
}
