import { layoutOf } from '../../model/layout/layout-of.js'
import type { WriterSnapshot } from '../contract.js'
import { MemoryStore } from '../core/memory-store.js'
import type { SharedStore } from './shared-store.js'

/** What this process has counted on its seat, from its own memory: a reading that does not need the file. */
export function ownWriter(store: SharedStore): WriterSnapshot {
  const { number, head } = store.seat
  const { startedAt } = head.owner()
  const copy = new MemoryStore(number, head.epoch, store.writer)
  // What found no room in the file is shown by itself.
  const aside = new Set([...store.overflow.series()].map(({ slots }) => slots.values))
  for (const { family, series, slots } of store.series()) {
    const { values, at } = slots
    if (!aside.has(values)) copy.restore(family, series, values.slice(at, at + layoutOf(family).width), startedAt)
  }
  return { ...copy.snapshot().writers[0]!, startedAt }
}
