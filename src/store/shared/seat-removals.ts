import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { SeriesKey } from '../../model/series-key.js'
import type { Removal } from '../removal-index.js'
import type { ExemplarCells } from './exemplar-cells.js'
import { codeOf } from './files.js'
import type { KnownFamilies, RemovedSeries } from './known-families.js'
import type { LateRemovals } from './late-removals.js'
import { type CaughtUp, type Removals, removeFailed } from './removals.js'
import type { Seat } from './seat.js'
import type { SeriesFile } from './series-file.js'
import { removedLine } from './series-lines.js'

/** Bytes of removals that are carried out in one step. */
const stretch = 32 * 1024

export interface SeatRemovalsOptions {
  readonly seat: Seat
  readonly removals: Removals
  /** Takes removals that cannot be added at once; left out for a seat on which nothing is removed by its process. */
  readonly late?: LateRemovals | undefined
  readonly caughtUp: CaughtUp
  readonly families: KnownFamilies
  readonly names: SeriesFile
  readonly exemplars: ExemplarCells
  /** Called for each series of this seat that was removed. */
  readonly onRemoved: (family: FamilyDescriptor, key: SeriesKey) => void
  /** Called when the disk takes no more. */
  readonly full: (cause: unknown) => void
}

/** How far a seat has come with the removals of the application, and what its own process adds to them. */
export class SeatRemovals {
  constructor(private readonly options: SeatRemovalsOptions) {}

  /** A new seat has nothing that was removed before. */
  begin(): void {
    this.options.seat.head.removals = this.options.removals.end()
  }

  get pending(): boolean {
    const { removals, seat } = this.options
    return removals.end() !== seat.head.removals
  }

  /** Carries out what was removed since. Throws where that cannot be read. */
  catchUp(): void {
    for (const _ of this.catchingUp());
  }

  /** The same in steps. After each of them the seat has taken all removals up to its position, and may count on. */
  *catchingUp(): Iterable<void> {
    const { seat, removals } = this.options
    const { head } = seat
    for (;;) {
      const { removals: found, end } = removals.since(head.removals, stretch)
      const others = found.filter(({ author }) => author !== head.logId)
      if (others.length > 0) this.carryOut(others)
      head.removals = end
      if (found.length === 0 || end === removals.end()) return
      yield
    }
  }

  /**
   * Removes series from the whole application. Where another process holds the lock, they are added later.
   *
   * @param now throws instead of adding them later
   * @throws MetricsError `REMOVE_FAILED`; then the series stay
   */
  remove(name: string, labels: readonly Removal[], now: boolean): void {
    const { seat, removals, late, caughtUp } = this.options
    const { head } = seat
    this.guarded(name, () => this.catchUp())
    // What waits is added along, and does not wait for the lock a second time.
    const added = late?.flush() === false ? undefined : removals.append(labels, caughtUp, now)
    if (added === undefined) {
      if (now || late === undefined) throw removeFailed(name, 'another process holds the lock on removals')
      late.push(labels)
    }
    this.carryOut(labels)
    if (added === undefined) return
    if (added.from === head.removals) head.removals = added.end
    else this.guarded(name, () => this.catchUp())
  }

  /** Adds removals that this seat has carried out already; false while another process holds the lock. */
  addLate(labels: readonly Removal[]): boolean {
    const { seat, removals, caughtUp } = this.options
    // Every other seat removes the series; this one has done so, and has counted on since.
    const lines = labels.map((removal) => ({ ...removal, author: seat.head.logId }))
    return removals.append(lines, caughtUp, true) !== undefined
  }

  /** Removes series of this seat: one line in its file for each, and one write for all. */
  carryOut(removals: readonly Removal[]): void {
    const { seat, families, onRemoved } = this.options
    const gone = families.take(removals)
    if (gone.length === 0) return
    for (const { family, key, slot } of gone) {
      this.dropExemplars(slot)
      onRemoved(family, key)
    }
    const written = this.writeLines(gone)
    for (const { slot, width } of gone) {
      if (written) seat.segments.release(slot, width)
      else {
        // The disk has no room for the lines: the series stand at nothing until readers see one.
        const { segment, at } = seat.segments.at(slot)
        segment.values.fill(0, at, at + width)
      }
    }
  }

  private writeLines(gone: readonly RemovedSeries[]): boolean {
    const { names, full } = this.options
    const lines = gone.map(({ index, slot, key }) => removedLine(index, slot, key))
    try {
      names.append(Buffer.concat(lines), lines.length)
      names.wasted(lines.length)
      return true
    } catch (cause) {
      full(cause)
      return false
    }
  }

  private dropExemplars(slot: number): void {
    try {
      this.options.exemplars.drop(slot)
    } catch (cause) {
      this.options.full(cause)
    }
  }

  private guarded(name: string, work: () => void): void {
    try {
      work()
    } catch (cause) {
      throw removeFailed(name, codeOf(cause), cause)
    }
  }
}
