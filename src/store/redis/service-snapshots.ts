import type { MetricsError } from '../../model/errors.js'
import type { Pause, WriterSnapshot } from '../contract.js'
import type { LedgerEntry } from './entry.js'
import type { Keys } from './keys.js'
import type { LedgerReader } from './ledger-reader.js'
import { inOrder, type ServiceSnapshot } from './service-snapshot.js'
import type { Shards } from './shards.js'

/** Whether a flush and a reading in one round trip succeeded, and why not. */
export interface ReadOutcome {
  readonly flushed: boolean
  readonly cause?: MetricsError
}

/**
 * What separates the numbers of seats of two shards: the third writer of shard 2 is worker 200000003. More than the numbers
 * that the processes of a hundred thousand hosts have in one shard.
 */
const seatsOfShard = 100_000_000

/** The snapshots of all shards: the whole service. */
export class ServiceSnapshots {
  /** One for each shard that was read so far. */
  readonly all: ServiceSnapshot[] = []

  constructor(
    private readonly shards: Shards,
    private readonly open: (keys: Keys) => ServiceSnapshot,
  ) {
    this.grow()
  }

  /**
   * Reads all shards at the same time; those that are recorded meanwhile behind them. Where one shard does not answer, it is
   * shown as it was, the others are up to date, and the promise is rejected.
   *
   * @param fresh whether to read primaries, even where replicas are to be read
   */
  async read(pause: Pause, fresh = false): Promise<void> {
    let failed: { readonly cause: unknown } | undefined
    for (let from = 0; from < this.grow(); ) {
      const reading = this.all.slice(from).map((snapshot) => snapshot.read(pause, undefined, fresh))
      from = this.all.length
      for (const result of await Promise.allSettled(reading))
        if (result.status === 'rejected') failed ??= { cause: result.reason }
      if (failed === undefined) this.shards.learn(this.all[0]!.shards)
    }
    if (failed !== undefined) throw failed.cause
  }

  /** Whether each of the shards was read at least once. */
  get areRead(): boolean {
    return this.all.every(({ readAt }) => readAt > 0)
  }

  /** Whether one of them was. */
  get isAnyRead(): boolean {
    return this.all.some(({ readAt }) => readAt > 0)
  }

  /** Entries that this version cannot read. */
  get unreadable(): number {
    return this.all.reduce((sum, { unreadable }) => sum + unreadable, 0)
  }

  /** How many times ledgers were folded. */
  get folds(): number {
    return this.all.reduce((sum, { folds }) => sum + folds, 0)
  }

  /** The ledger of a writer, whichever shard it is in. */
  ledger(writer: string): LedgerReader | undefined {
    for (const { ledgers } of this.all) {
      const found = ledgers.get(writer)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** The ledger of a name, and its shard; shard 0 where there is none. */
  find(is: (id: string) => boolean): readonly [ledger: LedgerReader | undefined, shard: number] {
    for (const [shard, { ledgers }] of this.all.entries())
      for (const ledger of ledgers.values()) if (is(ledger.id)) return [ledger, shard]
    return [undefined, 0]
  }

  /** The number of a seat as it is shown: unique over all shards, the same however many there are. */
  static seat(shard: number, seat: number): number {
    return seat === 0 ? 0 : shard * seatsOfShard + seat
  }

  /** Whether there are ledgers to be added to the totals. */
  hasDead(): boolean {
    return this.all.some((snapshot) => snapshot.hasDead())
  }

  /** The totals first and the living last: where two say the same, the later one's is shown. */
  snapshots(shown: (entry: LedgerEntry) => boolean): WriterSnapshot[] {
    const found = this.all.map((snapshot, shard) => {
      const writers = snapshot.snapshots(shown)
      return shard === 0 ? writers : writers.map((each) => ({ ...each, seat: ServiceSnapshots.seat(shard, each.seat) }))
    })
    return found.length === 1 ? found[0]! : found.flat().sort(inOrder)
  }

  /** Returns how many there are. */
  private grow(): number {
    while (this.all.length < this.shards.count) this.all.push(this.open(this.shards.of(this.all.length)))
    return this.all.length
  }
}
