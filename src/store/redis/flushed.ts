import type { LedgerRemoval, WriterFacts } from './entry.js'
import type { Ledger } from './ledger.js'

/** A ledger to flush, and what is sent with it. */
export interface Flushed {
  readonly ledger: Ledger
  /** Resolves when the ledger may be flushed; undefined while it may. */
  readonly changing?: Promise<void> | undefined
  facts(): WriterFacts
  /** Removals from the whole application that are not sent yet; each is deleted once it is sent. */
  readonly unsent: Omit<LedgerRemoval, 'author'>[]
  /** Called when other writers have removed series. */
  removed(removals: readonly LedgerRemoval[]): void
  /** Called when Redis took this writer for dead: its part of the ledger is now counted elsewhere. */
  folded(writer: string): void
}
