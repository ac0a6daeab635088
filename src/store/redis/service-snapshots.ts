import type { MetricsError } from '../../model/errors.js'
import type { Pause, WriterSnapshot } from '../contract.js'
import type { LedgerEntry } from './entry.js'
import type { Keys } from './keys.js'
import type { LedgerReader } from './ledger-reader.js'
import { inOrder, type ServiceSnapshot } from './service-snapshot.js'
import type { Shards } from './shards.js'

/** Whether a flush succeeded that shares its round trip with a reading, and the first error. */
export interface ReadOutcome {
  readonly flushed: boolean
  readonly cause?: MetricsError
}

/**
 * The difference between the seat numbers of two shards: the third writer of shard 2 is worker 200000003. It exceeds
 * the numbers of the processes of a hundred thousand hosts in one shard.
 */
const seatsOfShard = 100_000_000

/** The snapshots of all shards: the whole service. */
export class ServiceSnapshots {
  /** One snapshot for each shard that was read so far. */
  readonly all: ServiceSnapshot[] = []

  constructor(
    private readonly shards: Shards,
    private readonly open: (keys: Keys) => ServiceSnapshot,
  ) {
    this.grow()
  }

  /**
   * Reads all shards at the same time, and then those that were recorded meanwhile. If a shard does not answer, its
   * last values are shown, the others are up to date, and the promise is rejected.
   *
   * @param fresh whether to read primaries even if replicas are configured
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

  /** Whether all shards were read at least once. */
  get areRead(): boolean {
    return this.all.every(({ readAt }) => readAt > 0)
  }

  /** Whether any shard was read at least once. */
  get isAnyRead(): boolean {
    return this.all.some(({ readAt }) => readAt > 0)
  }

  /** The number of entries that this version cannot read. */
  get unreadable(): number {
    return this.all.reduce((sum, { unreadable }) => sum + unreadable, 0)
  }

  /** The number of folds. */
  get folds(): number {
    return this.all.reduce((sum, { folds }) => sum + folds, 0)
  }

  /** Returns the ledger of a writer, in any shard. */
  ledger(writer: string): LedgerReader | undefined {
    for (const { ledgers } of this.all) {
      const ledger = ledgers.get(writer)
      if (ledger !== undefined) return ledger
    }
    return undefined
  }

  /** Returns a ledger and its shard; shard 0 if there is none. */
  find(is: (id: string) => boolean): readonly [ledger: LedgerReader | undefined, shard: number] {
    for (const [shard, { ledgers }] of this.all.entries())
      for (const ledger of ledgers.values()) if (is(ledger.id)) return [ledger, shard]
    return [undefined, 0]
  }

  /** Whether there are sums of hosts, which have several processes each. */
  get haveHosts(): boolean {
    return this.all.some(({ entries }) => [...entries.values()].some(({ facts }) => facts.kind === 'host'))
  }

  /** Returns the shown number of a seat: unique over all shards, and independent of their number. */
  static seat(shard: number, seat: number): number {
    return seat === 0 ? 0 : shard * seatsOfShard + seat
  }

  /** Whether there are ledgers to add to the totals. */
  hasDead(): boolean {
    return this.all.some((snapshot) => snapshot.hasDead())
  }

  /** Returns totals first and living writers last: if two define the same series, that of the later one is shown. */
  snapshots(isShown: (entry: LedgerEntry) => boolean): WriterSnapshot[] {
    const perShard = this.all.map((snapshot, shard) => {
      const writers = snapshot.snapshots(isShown)
      return shard === 0 ? writers : writers.map((each) => ({ ...each, seat: ServiceSnapshots.seat(shard, each.seat) }))
    })
    return perShard.length === 1 ? perShard[0]! : perShard.flat().sort(inOrder)
  }

  /** Adds snapshots for new shards; returns the number of shards. */
  private grow(): number {
    while (this.all.length < this.shards.count) this.all.push(this.open(this.shards.of(this.all.length)))
    return this.all.length
  }
}
