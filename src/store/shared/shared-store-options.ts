import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { MetricsError } from '../../model/errors.js'
import type { SeriesKey } from '../../model/series-key.js'
import type { Store } from '../contract.js'
import type { DirectoryRun } from './control.js'
import type { LateRemovals } from './late-removals.js'
import type { CaughtUp } from './removals.js'
import type { Seat } from './seat.js'

/** The parts of a store on a seat. */
export interface SharedStoreOptions {
  readonly directory: string
  readonly run: DirectoryRun
  readonly seat: Seat
  /** The store for series for which the disk has no space; only scrapes of this process show them. */
  readonly overflow: Store
  readonly caughtUp: CaughtUp
  /** Queues removals that cannot be added at once; omitted if this process counts nothing on the seat. */
  readonly late?: LateRemovals
  /** Called with each series of this writer that was removed, by any process. */
  readonly onRemoved: (family: FamilyDescriptor, key: SeriesKey) => void
  /** Called when there is work for `noticing`, which should begin in the next turn of the event loop. */
  readonly onBehind?: () => void
  readonly onError: (error: MetricsError) => void
}
