import { layoutOf } from '../../model/layout/layout-of.js'
import type { WriterSnapshot } from '../contract.js'
import { MemoryStore } from '../core/memory-store.js'
import { inWorkerOrder, workerOf } from './seat-numbers.js'
import type { SharedSource } from './shared-source.js'
import type { SharedStore } from './shared-store.js'
import { processOf } from './vanished-seats.js'

/**
 * Adds the numbers of this process from its memory, if its file could not be read.
 *
 * @param aside what it has counted and has no space for
 */
export function withOwn(
  writers: readonly WriterSnapshot[],
  source: SharedSource,
  store: SharedStore | undefined,
  aside: readonly WriterSnapshot[],
): readonly WriterSnapshot[] {
  const counted = aside
    .filter(({ log }) => log.length > 0)
    .map((writer) => (writer.seat === 0 ? writer : { ...writer, worker: workerOf(writer.seat) }))
  if (store === undefined || source.isFresh(store.seat.number)) return [...writers, ...counted]
  const others = writers.filter((writer) => processOf(writer) !== processOf(store))
  return [...[...others, ownWriter(store)].sort(inWorkerOrder), ...counted]
}

/** Returns what this process has counted on its seat, from its own memory, without reading the file. */
function ownWriter(store: SharedStore): WriterSnapshot {
  const { number, head } = store.seat
  const { startedAt } = head.owner()
  const copy = new MemoryStore(number, head.epoch, store.writer)
  // Series that had no space in the file are shown separately.
  const aside = new Set([...store.overflow.series()].map(({ slots }) => slots.values))
  for (const { family, series, slots, createdAt = startedAt } of store.series(undefined, true)) {
    const { values, at } = slots
    if (!aside.has(values)) copy.restore(family, series, values.slice(at, at + layoutOf(family).width), createdAt)
  }
  return { ...copy.snapshot().writers[0]!, startedAt, worker: workerOf(number) }
}
