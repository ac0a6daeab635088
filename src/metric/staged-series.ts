import type { FamilyDescriptor } from '../model/descriptor.js'
import type { Exemplar } from '../model/exemplar.js'
import { layoutOf } from '../model/layout/layout-of.js'
import { SeriesFilters } from '../model/series-filters.js'
import { exactFilter, exactKey, type LabelFilter, matches, type SeriesKey, seriesKey } from '../model/series-key.js'
import { refOf, refOfKey, type SeriesRef } from '../model/series-ref.js'
import type { Slots, Store, StoredSeries } from '../store/contract.js'
import type { Staged } from './collect-run.js'

/**
 * The series of one metric that a running `collect()` has reset. They are counted separately until it ends, so that
 * scrapes show the values of its last run until then, and never partial ones.
 */
export class StagedSeries implements Staged, Store {
  readonly writer = 'staged'
  readonly gate = new Int32Array(1)
  /**
   * The series that were reset. Many filters are checked together, because a `collect()` may remove each of its series
   * before it sets it.
   */
  private filters: SeriesFilters
  private readonly counted = new Map<SeriesKey, Slots>()
  private readonly exemplars: [SeriesRef, bucket: number, Exemplar][] = []

  /**
   * @param store returns the store of the metric; called when the series are published
   * @param done called when the series are counted there again
   */
  constructor(
    private readonly family: FamilyDescriptor,
    private readonly store: () => Store,
    private done: () => void,
  ) {
    this.filters = new SeriesFilters(family.labelNames)
  }

  /** Whether the series was reset, and is therefore counted here. */
  has(key: SeriesKey): boolean {
    return this.filters.names(key)
  }

  open(_family: FamilyDescriptor, { labelValues }: SeriesRef): Slots {
    const key = seriesKey(labelValues)
    let slots = this.counted.get(key)
    if (slots === undefined) {
      const layout = layoutOf(this.family)
      const values = new Float64Array(layout.width)
      slots = { values, words: new Int32Array(values.buffer), at: 0, epoch: 1 }
      layout.claim(slots, 0, 1)
      this.counted.set(key, slots)
    }
    return slots
  }

  remove(_family: FamilyDescriptor, filter: LabelFilter): void {
    const { labelNames } = this.family
    this.filters.add(filter)
    const exact = exactKey(labelNames, filter)
    if (exact !== undefined) this.counted.delete(exact)
    else for (const key of this.counted.keys()) if (matches(labelNames, key, filter)) this.counted.delete(key)
    Atomics.add(this.gate, 0, 1)
  }

  setExemplar(_family: FamilyDescriptor, { labelValues }: SeriesRef, bucket: number, exemplar: Exemplar): void {
    // Without its number, which may belong to another series when this one is published.
    this.exemplars.push([refOf(labelValues), bucket, exemplar])
  }

  *series(): Iterable<StoredSeries> {
    for (const [key, slots] of this.counted) yield { family: this.family, series: refOfKey(key), slots }
  }

  flush(): void {}
  close(): void {}

  /** Replaces the previous values; series that were not set again are removed. */
  publish(): void {
    this.discard()
    const { family } = this
    const store = this.store()
    const layout = layoutOf(family)
    for (const [key, slots] of this.counted) {
      const there = store.open(family, refOfKey(key))
      layout.replace(there, there.at, slots, slots.at, there.epoch)
    }
    for (const key of this.goneFrom(store)) store.remove(family, exactFilter(family.labelNames, key), 'process')
    for (const exemplar of this.exemplars) store.setExemplar(family, ...exemplar)
  }

  /** Drops the changes; the values of the last run stay. */
  discard(): void {
    this.done()
    // Children that were opened here open their series in the store of the metric again.
    Atomics.add(this.gate, 0, 1)
  }

  /** Drops the changes permanently, and leaves the store as it is: another metric may count there. */
  drop(): void {
    this.discard()
    this.done = () => {}
    this.filters = new SeriesFilters(this.family.labelNames)
    this.counted.clear()
    this.exemplars.length = 0
  }

  private goneFrom(store: Store): SeriesKey[] {
    const { registry, name } = this.family
    const gone: SeriesKey[] = []
    for (const { family, series } of store.series(this.family)) {
      if (family.name !== name || family.registry !== registry) continue
      const key = seriesKey(series.labelValues)
      if (!this.counted.has(key) && this.has(key)) gone.push(key)
    }
    return gone
  }
}
