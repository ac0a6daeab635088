import type { Pause } from '../contract.js'
import { RemovalIndex } from '../core/removal-index.js'
import { removalFrom } from './entry.js'
import type { LedgerReader, PlacedLedgerRemoval } from './ledger-reader.js'
import type { Reply } from './script.js'
import { textOf } from './script.js'

/** Totals that lag this many removals behind are rewritten. */
const manyRemovals = 500

/** A chunk of removals, as a reading returns it. */
export interface RemovalChunk {
  /** The number of removals that Redis has deleted, and of those that it stores. */
  readonly removed: number
  readonly length: number
  /** The position of the first removal of the chunk. */
  readonly start: number
  readonly removals: readonly Reply[]
}

/** The removals of a service that were read, and that not every ledger has taken yet. */
export class RemovalFollower {
  /** The position up to which the removals were read. */
  followed = 0
  /** The number of removals that Redis has deleted. */
  removed = 0
  private removals: PlacedLedgerRemoval[] = []

  /** Adds a chunk; returns whether there are more. */
  take({ removed, length, start, removals }: RemovalChunk): boolean {
    this.removed = removed
    const end = removed + length
    // A new server may have lost the last removals; the next ones reuse their positions.
    if (this.followed > end) this.removals = this.removals.filter(({ position }) => position <= end)
    for (const [i, each] of removals.entries()) {
      const removal = removalFrom(textOf(each))
      if (removal !== undefined) this.removals.push({ removal, position: start + i + 1 })
    }
    this.followed = start + removals.length
    return this.followed < end
  }

  /**
   * Whether totals that have taken the removals up to a position must be rewritten. A difference of positions alone
   * would include deleted removals.
   */
  isFarBehind(seen: number): boolean {
    return this.followed - seen > manyRemovals && this.removals.some(({ position }) => position > seen)
  }

  /** Omits the series from ledgers that were removed and that their writers have not removed yet. */
  async mask(ledgers: Iterable<LedgerReader>, pause: Pause): Promise<void> {
    const until = this.removals.at(-1)?.position ?? 0
    const behind = [...ledgers].filter(({ removedUntil }) => removedUntil < until)
    if (behind.length === 0) return
    const after = behind.reduce((least, { removedUntil }) => Math.min(least, removedUntil), until)
    // Restored data lacks the removals since it was read, including those in a state that was lost.
    const indexes = new Map<number, RemovalIndex>()
    for (const ledger of behind) {
      const seenAt = ledger.entry!.facts.seenAt ?? Infinity
      let index = indexes.get(seenAt)
      if (index === undefined) {
        indexes.set(seenAt, (index = new RemovalIndex()))
        for (const { removal, position } of this.removals)
          if (position > after && (removal.at ?? Infinity) >= seenAt) index.add(removal, position)
      }
      await ledger.mask(index, until, pause)
    }
  }

  /** Called when Redis has come back empty, with new positions. */
  restart(): void {
    this.followed = 0
    this.removals = []
  }

  /** Forgets the removals up to a position, which every ledger has taken. */
  forget(taken: number): void {
    if ((this.removals[0]?.position ?? Infinity) <= taken)
      this.removals = this.removals.filter(({ position }) => position > taken)
  }
}
