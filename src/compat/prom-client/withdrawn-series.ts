import { SourceGatherer } from '../../gather/source-gatherer.js'
import { definitionKey, type FamilyDescriptor } from '../../model/descriptor.js'
import type { FamilyTable } from '../../model/family.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import type { Source, Store } from '../../store/contract.js'
import { MemoryStore } from '../../store/memory/memory-backend.js'

/**
 * The series of a metric that its registry has removed. The client keeps them with the metric, which may count on and
 * be registered again; no other process sees them until then.
 */
export class WithdrawnSeries {
  readonly store = new MemoryStore(0)
  private readonly source: Source = { read: async () => this.store.snapshot(), close() {} }
  readonly gatherer = new SourceGatherer(() => this.source)

  /** @param from where the metric has counted */
  constructor(
    private readonly family: FamilyDescriptor,
    from: Store,
  ) {
    copy(family, from, this.store)
  }

  /** The series as they are at this moment. */
  async table(): Promise<FamilyTable | undefined> {
    const { tables, release } = await this.gatherer.gather({ exemplars: true })
    try {
      const [table] = tables
      // What is counted meanwhile must not change it.
      return table && { ...columnsOf(table), slots: table.slots.slice() }
    } finally {
      release()
    }
  }

  /** Counts go to a store again. */
  returnTo(store: Store): void {
    copy(this.family, this.store, store)
    Atomics.add(this.store.gate, 0, 1)
  }
}

function copy(family: FamilyDescriptor, from: Store, to: Store): void {
  const layout = layoutOf(family)
  const key = definitionKey(family)
  for (const { family: other, series, slots } of from.series(family)) {
    if (definitionKey(other) !== key) continue
    const there = to.open(family, series)
    layout.replace(there, there.at, slots, slots.at, there.epoch)
  }
}

function columnsOf({ family, labelNames, layout, keys, bases, created, met, order, exemplars }: FamilyTable) {
  return {
    ...(met && { met }),
    family,
    labelNames,
    layout,
    keys,
    bases,
    created,
    order,
    ...(exemplars && { exemplars: new Map(exemplars) }),
  }
}
