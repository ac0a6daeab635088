import type { Pause } from '../contract.js'
import { RemovalIndex } from '../core/removal-index.js'
import { removalFrom } from './entry.js'
import type { LedgerReader, PlacedLedgerRemoval } from './ledger-reader.js'
import type { Reply } from './script.js'
import { textOf } from './script.js'

/** Totals that lag this many removals behind are rewritten. */
const manyRemovals = 500

/** A chunk of the removals as a reading gives it. */
export interface RemovalChunk {
  /** How many removals were forgotten, and how many are stored. */
  readonly removed: number
  readonly length: number
  /** The position of the first removal of the chunk. */
  readonly start: number
  readonly removals: readonly Reply[]
}

/** The removals of a service that were read and that not every ledger has taken. */
export class RemovalFollower {
  /** The position up to which the removals were read. */
  followed = 0
  /** How many removals Redis has forgotten. */
  removed = 0
  private removals: PlacedLedgerRemoval[] = []

  /** Takes a chunk; returns whether there are more. */
  take({ removed, length, start, removals }: RemovalChunk): boolean {
    this.removed = removed
    const end = removed + length
    // A server that took over may have lost the last ones: the next removals have their positions.
    if (this.followed > end) this.removals = this.removals.filter(({ position }) => position <= end)
    for (const [i, each] of removals.entries()) {
      const removal = removalFrom(textOf(each))
      if (removal !== undefined) this.removals.push({ removal, position: start + i + 1 })
    }
    this.followed = start + removals.length
    return this.followed < end
  }

  /**
   * Whether a ledger of the dead that has taken the removals up to a position is to be rewritten. Positions alone also
   * count the removals that were forgotten.
   */
  isFarBehind(seen: number): boolean {
    return this.followed - seen > manyRemovals && this.removals.some(({ position }) => position > seen)
  }

  /** Leaves out of ledgers what was removed and what their writers have not removed yet. */
  async mask(ledgers: Iterable<LedgerReader>, pause: Pause): Promise<void> {
    const until = this.removals.at(-1)?.position ?? 0
    const behind = [...ledgers].filter(({ removedUntil }) => removedUntil < until)
    if (behind.length === 0) return
    const after = behind.reduce((least, { removedUntil }) => Math.min(least, removedUntil), until)
    // What is restored lacks the removals since it was read, even those of a state that was lost.
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

  /** Redis has come back empty: its positions are others from now on. */
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
