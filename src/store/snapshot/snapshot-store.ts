import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { LabelFilter } from '../../model/series-key.js'
import type { RemovalScope } from '../contract.js'
import { MemoryStore } from '../core/memory-store.js'
import type { Removal } from '../core/removal-index.js'

/** Callbacks from a store to its backend. */
export interface SnapshotStoreEvents {
  flush(): Promise<void>
  /** Throws `REMOVE_FAILED` if the other processes cannot be notified. */
  removing(removal: Removal): void
}

/** A store on the heap for snapshots. */
export class SnapshotStore extends MemoryStore {
  constructor(
    seat: number,
    epoch: number,
    writer: string,
    private readonly events: SnapshotStoreEvents,
  ) {
    super(seat, epoch, writer)
  }

  override remove(family: FamilyDescriptor, filter: LabelFilter, scope: RemovalScope): void {
    const { registry, name } = family
    if (scope === 'application') this.events.removing({ registry, name, labels: filter })
    super.remove(family, filter)
  }

  /** Never rejects: a failure is reported, and the counts are sent with the next flush. */
  override flush(): Promise<void> {
    return this.events.flush()
  }
}
