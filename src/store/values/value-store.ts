import { definitionKey, type FamilyDescriptor } from '../../model/descriptor.js'
import type { Exemplar } from '../../model/exemplar.js'
import { type LabelFilter, labelValuesOf, type SeriesKey, seriesKey } from '../../model/series-key.js'
import type { SeriesRef } from '../../model/series-ref.js'
import type { RemovalScope, Slots, StoredSeries } from '../contract.js'
import { MemoryStore } from '../core/memory-store.js'
import { sharingOf } from './parts.js'
import type { ValueMetric } from './value-protocol.js'

/** A series that is shared through the engine, identified by its key. */
export interface SharedSeries {
  readonly family: FamilyDescriptor
  readonly key: SeriesKey
  readonly slots: Slots
}

/** Callbacks from a store to its backend. */
export interface ValueStoreEvents {
  flush(): Promise<void>
  removed(family: FamilyDescriptor, keys: readonly SeriesKey[], scope: RemovalScope): void
  /** Called for each family for which this process defines a metric. */
  declared(family: FamilyDescriptor): void
  /** Called once for each family that cannot be shared as single numbers. */
  alone(family: FamilyDescriptor): void
}

/** Counts on the heap. Families that cannot be shared as single numbers are kept separately. */
export class ValueStore extends MemoryStore {
  /** The families that only this process shows. */
  readonly aside = new MemoryStore(1)
  private readonly defined = new Set<string>()

  constructor(private readonly events: ValueStoreEvents) {
    super(1, 1, `values-${process.pid}`)
  }

  override open(family: FamilyDescriptor, series: SeriesRef, createdAt?: number): Slots {
    if (sharingOf(family) !== undefined) return super.open(family, series, createdAt)
    const definition = definitionKey(family)
    if (!this.defined.has(definition)) {
      this.defined.add(definition)
      this.events.alone(family)
    }
    return this.aside.open(family, series, createdAt)
  }

  declare(family: FamilyDescriptor): void {
    if (sharingOf(family) !== undefined) this.events.declared(family)
  }

  override remove(family: FamilyDescriptor, filter: LabelFilter, scope: RemovalScope): void {
    const gone = super.removeNamed(family.registry, family.name, filter)
    const keys = gone.map(({ key }) => key)
    this.events.removed(family, keys, scope)
    this.aside.remove(family, filter)
    Atomics.add(this.gate, 0, 1)
  }

  override *series(family?: FamilyDescriptor, times?: boolean): Iterable<StoredSeries> {
    yield* super.series(family, times)
    yield* this.aside.series(family, times)
  }

  /** Iterates over the shared series. */
  *sharedSeries(): Iterable<SharedSeries> {
    for (const { family, series, slots } of super.series()) {
      yield { family, key: seriesKey(series.labelValues), slots }
    }
  }

  /** A value cannot store an exemplar. */
  override setExemplar(family: FamilyDescriptor, series: SeriesRef, bucket: number, exemplar: Exemplar): void {
    this.aside.setExemplar(family, series, bucket, exemplar)
  }

  override flush(): Promise<void> {
    return this.events.flush()
  }
}

export function metricOf({ name, help, type, labelNames }: FamilyDescriptor, key: SeriesKey): ValueMetric {
  const values = labelValuesOf(key)
  const labels = labelNames.flatMap((label, i) => (values[i] === null ? [] : [[label, values[i]!]]))
  return { name, help, type, labelNames, labels: Object.fromEntries(labels) }
}
