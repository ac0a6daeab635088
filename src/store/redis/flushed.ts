import type { LedgerRemoval, WriterFacts } from './entry.js'
import type { Ledger } from './ledger.js'

/** What is flushed: a ledger, and what is to be said beside it. */
export interface Flushed {
  readonly ledger: Ledger
  /** Resolves when the ledger may be flushed; undefined while it may. */
  readonly changing?: Promise<void> | undefined
  facts(): WriterFacts
  /** Removals for the whole application that are not sent yet; each is deleted once it is sent. */
  readonly unsent: Omit<LedgerRemoval, 'author'>[]
  /** Other writers removed series. */
  removed(removals: readonly LedgerRemoval[]): void
  /** Redis took this writer for dead: what it has of the ledger is counted elsewhere now. */
  folded(writer: string): void
}
