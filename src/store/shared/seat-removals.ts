import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { SeriesKey } from '../../model/series-key.js'
import type { SeriesRef } from '../../model/series-ref.js'
import { monotonicNow } from '../../platform/timers.js'
import type { Removal } from '../core/removal-index.js'
import type { ExemplarCells } from './exemplar-cells.js'
import { codeOf } from './files.js'
import type { InheritedFamily } from './inheritance.js'
import { type KnownFamilies, type RemovedSeatSeries, takeSeries } from './known-families.js'
import type { LateRemovals } from './late-removals.js'
import type { PlacedRemoval } from './removal-lines.js'
import { type CaughtUp, type Removals, removeFailed } from './removals.js'
import type { Seat } from './seat.js'
import type { SeriesFile } from './series-file.js'
import { removedLine } from './series-lines.js'
import { UntakenRemovals } from './untaken-removals.js'
import { WaitingSeries } from './waiting-series.js'

/** Bytes of removals that are read in one step. */
const stretch = 16 * 1024
/** Milliseconds after which a step of taking ends. */
const stepTime = 1
/** The maximum of series that are removed in one step. */
const batch = 128

export interface SeatRemovalsOptions {
  readonly seat: Seat
  readonly removals: Removals
  /** Queues removals that cannot be added at once; undefined if the process removes nothing on this seat. */
  readonly late?: LateRemovals | undefined
  readonly caughtUp: CaughtUp
  readonly families: KnownFamilies
  readonly names: SeriesFile
  readonly exemplars: ExemplarCells
  /** Called for each series of this seat that was removed. */
  readonly onRemoved: (family: FamilyDescriptor, key: SeriesKey) => void
  /** Called when the disk is full. */
  readonly full: (cause: unknown) => void
}

/**
 * Applies the removals of the application to a seat, and adds those of its process.
 *
 * A removal is first known, then taken, then carried out. Known: a series can be checked against it. Taken: its series
 * are marked. Carried out: the series file records it. A count waits only until removals are known, and opens a new
 * series if one of them names its series; the rest is done in steps. The head has the position up to which removals are
 * carried out; readers omit the series of later ones.
 */
export class SeatRemovals {
  private readonly waiting = new WaitingSeries()
  private untaken = new UntakenRemovals()
  /** The positions after the last removal that was taken, and after the last one that is known. */
  private taken: number
  private known: number
  /** By first slot: the position up to which removals do not apply to the series, because it was opened after them. */
  private readonly openedBehind: Map<number, number>

  /** @param openedBehind the positions of an earlier owner */
  constructor(
    private readonly options: SeatRemovalsOptions,
    openedBehind: ReadonlyMap<number, number> = new Map(),
  ) {
    this.openedBehind = new Map(openedBehind)
    this.taken = options.seat.head.removals
    this.known = this.taken
  }

  /** Called for a new seat: earlier removals do not apply to it. */
  begin(): void {
    this.known = this.options.removals.end()
    this.reach(this.known)
  }

  /** Whether there are removals that were not taken. */
  get isUntaken(): boolean {
    return this.known > this.taken || this.options.removals.end() !== this.taken
  }

  /**
   * Like `isUntaken`, but never throws. Processes without the addon add removals without changing the gate of the
   * others.
   */
  get mayBeUntaken(): boolean {
    try {
      return this.isUntaken
    } catch {
      // The error is reported when the removals are taken.
      return false
    }
  }

  /** Whether there are known removals that were not carried out. */
  get behind(): boolean {
    return this.waiting.any || this.known > this.taken
  }

  /** Bytes of removals that are known and not carried out. */
  get backlog(): number {
    return this.known - this.options.seat.head.removals
  }

  /**
   * The position up to which removals do not apply to a series that is opened now; undefined if the line need not state
   * it.
   */
  get openingBehind(): number | undefined {
    return this.behind ? this.known : undefined
  }

  /** Notes that a series was opened at this slot. */
  opened(slot: number): void {
    if (this.known > this.taken) this.openedBehind.set(slot, this.known)
  }

  /** Whether a known removal names the series at this slot. */
  names(family: FamilyDescriptor, { labelValues }: SeriesRef, slot: number): boolean {
    if (this.waiting.has(slot)) return true
    if (this.known <= this.taken) return false
    const after = Math.max(this.taken, this.openedBehind.get(slot) ?? 0)
    return this.untaken.names(family, labelValues, after, this.options.seat.head.logId)
  }

  /** Reads which series were removed since, which makes the removals known. Throws if they cannot be read. */
  look(): void {
    const { lines, from, end } = this.options.removals.linesSince(this.known)
    this.untaken.add(lines, from)
    this.known = end
  }

  /** Takes the removals since then, in steps. Throws if they cannot be read. */
  *taking(): Iterable<void> {
    const { seat, removals } = this.options
    for (;;) {
      let until = monotonicNow() + stepTime
      const { removals: chunk, end } = removals.since(this.taken, stretch)
      let last: number | undefined
      for (const removal of chunk) {
        if (removal.author !== seat.head.logId) this.await(removal)
        if (monotonicNow() < until) continue
        last = removal.position
        this.reach(last)
        yield
        // A count may have taken more meanwhile.
        if (this.taken !== last) break
        until = monotonicNow() + stepTime
      }
      if (last !== undefined && this.taken !== last) continue
      // A file that was damaged, or emptied by another run, may end before the known position.
      if (chunk.length === 0) this.known = end
      this.reach(end)
      if (chunk.length === 0 || end === removals.end()) return
      yield
    }
  }

  /** Takes and carries out some removals. Throws if they cannot be read. */
  advance(): void {
    if (this.known > this.taken) for (const _ of this.taking()) break
    this.step()
  }

  /** Takes and carries out all removals. Throws if they cannot be read. */
  finish(): void {
    for (const _ of this.taking());
    while (this.waiting.any) this.step()
  }

  /** Carries out some of the removals that were taken. */
  step(): void {
    this.discard(this.waiting.take(batch))
    this.settle()
  }

  /** Removes a series that a removal names before the process counts in it again. */
  removeNow(known: InheritedFamily, number: number): void {
    this.discard([takeSeries(known, number)])
  }

  /**
   * Removes series from the whole application. If another process holds the lock, the removals are added later.
   *
   * @param now whether to throw instead of adding them later
   * @throws MetricsError `REMOVE_FAILED`, and the series stay
   */
  remove(name: string, labels: readonly Removal[], now: boolean): void {
    const { removals, late, caughtUp } = this.options
    this.guarded(name, () => this.look())
    // Queued removals are added with these, under the same lock.
    const added = late?.flush() === false ? undefined : removals.append(labels, caughtUp, now)
    if (added === undefined) {
      if (now || late === undefined) throw removeFailed(name, 'another process holds the lock on removals')
      late.push(labels)
      this.carryOut(labels)
      return
    }
    if (added.from === this.taken) {
      for (const removal of labels) this.await({ ...removal, position: added.end })
      this.known = added.end
      this.reach(added.end)
    } else this.guarded(name, () => this.look())
    this.guarded(name, () => this.advance())
  }

  /** Adds removals that this seat has carried out already; returns false while another process holds the lock. */
  addLate(labels: readonly Removal[]): boolean {
    const { seat, removals, caughtUp } = this.options
    // Every other seat removes the series. This one has removed them already, and may have counted in new ones since.
    const lines = labels.map((removal) => ({ ...removal, author: seat.head.logId }))
    return removals.append(lines, caughtUp, true) !== undefined
  }

  /** Removes the series of this seat at once. */
  carryOut(removals: readonly Removal[]): void {
    const { families } = this.options
    const gone: RemovedSeatSeries[] = []
    for (const removal of removals)
      for (const known of families.named(removal))
        for (const number of known.series.named(removal.labels)) gone.push(takeSeries(known, number))
    this.discard(gone)
  }

  /** Marks the series that a removal names. */
  private await(removal: PlacedRemoval): void {
    const { openedBehind, waiting, options } = this
    const isExempt = (slot: number): boolean => (openedBehind.get(slot) ?? 0) >= removal.position
    for (const known of options.families.named(removal))
      waiting.add(known, known.series.named(removal.labels), openedBehind.size > 0 ? isExempt : undefined)
  }

  /** Notes that all removals up to a position are taken. */
  private reach(position: number): void {
    this.taken = position
    if (position >= this.known) {
      this.known = position
      this.openedBehind.clear()
      if (this.untaken.any) this.untaken = new UntakenRemovals()
    }
    this.waiting.reach(position)
    this.settle()
  }

  private settle(): void {
    const passed = this.waiting.passed()
    if (passed !== undefined) this.options.seat.head.removals = passed
  }

  /** Removes series of this seat: one line in its file for each, and one write for all. */
  private discard(gone: readonly RemovedSeatSeries[]): void {
    const { seat, onRemoved } = this.options
    if (gone.length === 0) return
    for (const { family, key, slot } of gone) {
      this.waiting.delete(slot)
      this.dropExemplars(slot)
      onRemoved(family, key)
    }
    const written = this.writeLines(gone)
    for (const { slot, width } of gone) {
      if (written) seat.segments.release(slot, width)
      else {
        // The disk has no space for the lines: the series are cleared, and readers show them empty.
        const { segment, at } = seat.segments.at(slot)
        segment.values.fill(0, at, at + width)
      }
    }
  }

  private writeLines(gone: readonly RemovedSeatSeries[]): boolean {
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
