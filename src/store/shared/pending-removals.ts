import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { SeriesFilters } from '../../model/series-filters.js'
import type { Pause } from '../contract.js'
import { type Removal, RemovalIndex } from '../core/removal-index.js'
import type { Removals } from './removals.js'

/** Bytes of removals that are read at a time. */
const stretch = 64 * 1024

/**
 * The removals that at least one seat has not carried out yet. A reader keeps them from scrape to scrape, so each line
 * is read once for all seats.
 */
export class PendingRemovals {
  private index = new RemovalIndex()
  private runId: string | undefined
  /** The index contains the removals between these positions. */
  private from = 0
  private to = 0

  /** Returns the position after the last removal, in the run of this scrape. Throws the error of the disk. */
  reach(removals: Removals, runId: string | undefined): number {
    const end = removals.end()
    if (runId !== this.runId || end < this.to) this.forget(end)
    this.runId = runId
    return end
  }

  /** Completes the index from a position to the end that was reached. */
  async take(removals: Removals, from: number, end: number, pause: Pause): Promise<void> {
    if (this.index.size === 0 || this.to > end) this.forget(Math.min(from, end))
    if (from < this.from) {
      await this.read(removals, from, this.from, pause)
      this.from = from
    }
    if (this.to < end) {
      await this.read(removals, this.to, end, pause)
      this.to = end
    }
  }

  filtersOf(family: FamilyDescriptor, pause: Pause): Promise<SeriesFilters | undefined> {
    return this.index.filtersOf(family, pause)
  }

  /** Forgets the removals before a position, which every seat has carried out. */
  passed(position: number): void {
    if (position >= this.to) this.forget(position)
  }

  private forget(position: number): void {
    if (this.index.size > 0) this.index = new RemovalIndex()
    this.from = position
    this.to = position
  }

  private async read(removals: Removals, from: number, to: number, pause: Pause): Promise<void> {
    for (let position = from; position < to; ) {
      const { removals: chunk, end } = removals.since(position, Math.min(stretch, to - position))
      for (const removal of chunk) if (removal.position <= to) this.index.add(removal, removal.position)
      if (end <= position) return
      position = end
      if (pause.due()) await pause.rest()
    }
  }
}

/**
 * Returns an index of the removals that only this process knows; they apply to every seat, whatever it has carried out.
 */
export function lateIndex(removals: readonly Removal[]): RemovalIndex {
  const index = new RemovalIndex()
  for (const removal of removals) index.add(removal, Number.MAX_SAFE_INTEGER)
  return index
}
