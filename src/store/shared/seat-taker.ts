import { join } from 'node:path'
import type { Binding } from '../../platform/addon.js'
import type { Store } from '../contract.js'
import { BufferedSeat } from './buffered-seat.js'
import type { DirectoryRun } from './control.js'
import { seatsIn } from './directory.js'
import { valuesName } from './format.js'
import type { LateRemovals } from './late-removals.js'
import { MappedSeat } from './mapped-seat.js'
import { mayMap } from './ownership.js'
import { readHead, type Seat } from './seat.js'
import type { SharedBackendOptions } from './shared-backend.js'
import { SharedStore } from './shared-store.js'

/**
 * Takes seats of a directory: one for this process, and for a moment those of dead owners, to carry out removals for
 * them.
 */
export class SeatTaker {
  /** Counts the series of this process for which the disk has no space. */
  overflow: ReturnType<SharedBackendOptions['overflow']> | undefined

  constructor(
    private readonly options: SharedBackendOptions,
    private readonly binding: () => Binding | undefined,
    private readonly late: LateRemovals,
    /** Called when the store of this process has work for `noticing`. */
    private readonly onBehind: () => void,
  ) {}

  /** Takes a seat for this process, and returns the store on it. */
  take(run: DirectoryRun): SharedStore {
    const { options, late } = this
    const { directory } = options
    const binding = this.binding()
    const role = options.role?.() ?? 'process'
    const seat =
      binding === undefined || !mayMap()
        ? BufferedSeat.take(directory, run.id, role)
        : MappedSeat.take(directory, run.id, role, binding)
    this.overflow ??= options.overflow(seat.number)
    try {
      const store = this.storeOn(seat, run, this.overflow, late)
      options.onSeat?.(
        `seat ${seat.number} of ${directory}${seat.adopted ? ', with the counts of a dead process' : ''}`,
      )
      return store
    } catch (cause) {
      // Released for the next attempt; otherwise each attempt would lose a seat.
      seat.close()
      throw cause
    }
  }

  private storeOn(seat: Seat, run: DirectoryRun, overflow: Store, late?: LateRemovals): SharedStore {
    const { directory, onRemoved, onError } = this.options
    return new SharedStore({
      ...{ directory, run, seat, overflow, onError },
      ...(late && { late, onBehind: this.onBehind }),
      caughtUp: (end, helping) => this.everySeatAt(run, end, helping),
      onRemoved: (family, key) => onRemoved?.(family, key),
    })
  }

  /**
   * Whether every seat has taken the removals up to a position; on request, they are first taken for the seats of dead
   * owners.
   */
  private everySeatAt(run: DirectoryRun, end: number, helping: boolean): boolean {
    const { directory, overflow } = this.options
    const binding = this.binding()
    return seatsIn(directory).every((number) => {
      const head = readHead(join(directory, valuesName(number)))
      if (head === undefined || head.removals >= end) return true
      if (!helping) return false
      const dead =
        binding === undefined || !mayMap()
          ? BufferedSeat.adopt(directory, number, run.id)
          : MappedSeat.adopt(directory, number, run.id, binding)
      if (dead === undefined) return false
      const store = this.storeOn(dead, run, overflow(number))
      store.finish()
      store.close()
      return true
    })
  }
}
