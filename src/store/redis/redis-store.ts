import { definitionKey, type FamilyDescriptor } from '../../model/descriptor.js'
import type { MetricsError } from '../../model/errors.js'
import type { Exemplar } from '../../model/exemplar.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import { deduct, isDeducted } from '../../model/layout/slot-layout.js'
import { type LabelFilter, type SeriesKey, seriesKey } from '../../model/series-key.js'
import { refOfKey, type SeriesRef } from '../../model/series-ref.js'
import type { RemovalScope, Slots, Store, StoredSeries } from '../contract.js'
import { filtersByTarget, removalTargetOf } from '../core/removal-index.js'
import { type LedgerRemoval, removalText } from './entry.js'
import { mostWaiting, removalsDropped } from './host-removals.js'
import { type Entry, Ledger, type LedgerFamily } from './ledger.js'
import { stemOf } from './next-writer.js'

/** What a backend provides to its store. */
export interface RedisStoreOptions {
  readonly writer: string
  readonly onRemoved: (family: FamilyDescriptor, key: SeriesKey) => void
  /** Sends the changes; never rejects. */
  readonly flush: () => Promise<unknown>
  /** Notifies the writers that do not receive removals with a flush of this process. */
  readonly announce: (removals: readonly LedgerRemoval[]) => void
  /** Called when removals are dropped because too many wait: once, until few wait. */
  readonly onDropped?: (error: MetricsError) => void
}

/** The number of waiting removals from which on repeated ones are dropped. */
const manyUnsent = 2000

/** Counts on the heap, and sends changes to Redis in batches. */
export class RedisStore implements Store {
  readonly gate = new Int32Array(1)
  readonly ledger = new Ledger()
  writer: string
  /** Removals from the whole application that Redis does not have yet. */
  readonly unsent: Omit<LedgerRemoval, 'author'>[] = []
  /** The length of `unsent` from which on repeated removals are dropped. */
  private maxUnsent = manyUnsent
  private hasDropped = false

  constructor(private readonly options: RedisStoreOptions) {
    this.writer = options.writer
  }

  open(family: FamilyDescriptor, { labelValues }: SeriesRef, createdAt?: number): Slots {
    const { segment, at } = this.ledger.open(family, seriesKey(labelValues), 0, createdAt).run
    layoutOf(family).claim(segment, at, 1)
    return { values: segment.values, words: segment.words, at, epoch: 1 }
  }

  remove(family: FamilyDescriptor, filter: LabelFilter, scope: RemovalScope): void {
    this.removeMany(family, [filter], scope)
  }

  removeMany(family: FamilyDescriptor, filters: readonly LabelFilter[], scope: RemovalScope): void {
    const known = this.ledger.families.get(definitionKey(family))
    if (known !== undefined) for (const filter of filters) this.take(known, filter)
    if (scope === 'application') {
      const { registry, name } = family
      const removals = filters.map((labels) => ({ registry, name, labels }))
      for (const removal of removals) this.unsent.push(removal)
      this.boundUnsent()
      const author = stemOf(this.writer)
      this.options.announce(removals.map((removal) => ({ ...removal, author })))
      void this.options.flush()
    }
    Atomics.add(this.gate, 0, 1)
  }

  /** Called when other writers have removed series of the whole application. */
  removed(removals: readonly LedgerRemoval[]): void {
    const filters = filtersByTarget(removals)
    for (const known of this.ledger.families.values())
      for (const filter of filters.get(removalTargetOf(known.family)) ?? []) this.take(known, filter)
    Atomics.add(this.gate, 0, 1)
  }

  setExemplar(family: FamilyDescriptor, { labelValues }: SeriesRef, bucket: number, exemplar: Exemplar): void {
    const entry = this.ledger.get(family, seriesKey(labelValues))
    if (entry !== undefined) this.ledger.setExemplar(entry.run.slot, bucket, exemplar)
  }

  *series(): Iterable<StoredSeries> {
    for (const { family, series } of this.ledger.families.values()) {
      for (const [key, { run, created: createdAt }] of series) {
        const { values, words } = run.segment
        yield { family, series: refOfKey(key), slots: { values, words, at: run.at, epoch: 1 }, createdAt }
      }
    }
  }

  async flush(): Promise<void> {
    await this.options.flush()
  }

  close(): void {}

  /**
   * Called when this writer was taken for dead, and what Redis had of it is in the totals: only later counts remain in
   * this store.
   */
  forgetSent(): void {
    const sent = this.ledger.sentValues()
    for (const { family, series } of this.ledger.families.values()) {
      for (const entry of series.values()) {
        if (entry.named) subtract(family, entry, sent)
        entry.named = false
      }
    }
    this.ledger.begin()
  }

  /**
   * Limits the waiting removals while Redis is unavailable: each removal stays once, in its latest position, and the
   * oldest are dropped above a maximum. Runs when the list has doubled since the last time.
   */
  private boundUnsent(): void {
    const { unsent } = this
    if (unsent.length <= manyUnsent) {
      this.maxUnsent = manyUnsent
      this.hasDropped = false
    }
    if (unsent.length <= this.maxUnsent) return
    const last = new Map<string, Omit<LedgerRemoval, 'author'>>()
    for (const removal of unsent) {
      const text = removalText({ ...removal, author: '' })
      last.delete(text)
      last.set(text, removal)
    }
    const once = [...last.values()]
    const kept = once.slice(-mostWaiting)
    for (const [i, removal] of kept.entries()) unsent[i] = removal
    unsent.length = kept.length
    this.maxUnsent = 2 * kept.length
    const drops = kept.length < once.length
    if (drops && !this.hasDropped) this.options.onDropped?.(removalsDropped())
    this.hasDropped = drops
  }

  private take(known: LedgerFamily, filter: LabelFilter): void {
    for (const key of known.byLabels.select(filter)) {
      this.ledger.remove(known, key)
      this.options.onRemoved(known.family, key)
    }
  }
}

function subtract(family: FamilyDescriptor, { run }: Entry, sent: Float64Array): void {
  const layout = layoutOf(family)
  const end = run.slot + layout.width
  if (end > sent.length) return
  if (isDeducted(layout)) deduct(layout, run.segment, run.at, sent.subarray(run.slot, end))
}
