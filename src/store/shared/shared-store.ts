import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { MetricsError } from '../../model/errors.js'
import type { Exemplar } from '../../model/exemplar.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import { exactFilter, type LabelFilter, seriesKey } from '../../model/series-key.js'
import type { SeriesRef } from '../../model/series-ref.js'
import type { RemovalScope, Slots, Store, StoredSeries } from '../contract.js'
import type { Removal } from '../core/removal-index.js'
import { ExemplarCells } from './exemplar-cells.js'
import { forgetWritten } from './forget-written.js'
import { inherit, openedBehind } from './inheritance.js'
import { KnownFamilies } from './known-families.js'
import type { Seat } from './seat.js'
import { damaged, removalsUnreadable, seatFull } from './seat-faults.js'
import { workerOf, writerName } from './seat-numbers.js'
import { SeatRemovals } from './seat-removals.js'
import { SeatSeries } from './seat-series.js'
import { SeriesFile } from './series-file.js'
import type { SharedStoreOptions } from './shared-store-options.js'

/** If more bytes of known removals are pending than this, a count carries out some of them. */
const longBacklog = 64 * 1024

/** Counts on a seat of a shared directory. */
export class SharedStore implements Store {
  readonly writer: string
  readonly worker: string
  readonly gate: Int32Array
  readonly seat: Seat
  readonly overflow: Store
  private readonly families = new KnownFamilies()
  private readonly names: SeriesFile
  private readonly exemplars: ExemplarCells
  private readonly removals: SeatRemovals
  private readonly counted: SeatSeries
  private gateSeen: number
  /** The gate at the last check for removals of other processes. */
  private gateNoticed: number
  private readonly onError: (error: MetricsError) => void
  private readonly onBehind: (() => void) | undefined
  private overflowing = false
  private reportedFull = false

  constructor(options: SharedStoreOptions) {
    const { directory, run, seat, overflow, caughtUp, late, onRemoved, onError, onBehind } = options
    this.seat = seat
    this.gateSeen = run.gate[0]!
    this.gateNoticed = this.gateSeen
    this.overflow = overflow
    this.onError = onError
    this.onBehind = onBehind
    this.gate = run.gate
    this.writer = writerName(seat.number, seat.head.owner())
    this.worker = workerOf(seat.number)
    this.names = new SeriesFile(directory, seat)
    this.exemplars = new ExemplarCells(directory, seat)
    const { families, names, exemplars } = this
    const log = seat.adopted ? this.names.read(seat.segments.capacity) : undefined
    const full = (cause: unknown): void => this.full(cause)
    this.removals = new SeatRemovals(
      { seat, removals: run.removals, late, caughtUp, families, names, exemplars, onRemoved, full },
      log && openedBehind(log),
    )
    this.counted = new SeatSeries({ seat, families, names, removals: this.removals, full }, log?.families.length ?? 0)
    if (log === undefined) {
      this.removals.begin()
      return
    }
    if (names.damaged) onError(damaged(seat.number))
    for (const known of inherit(log, seat.segments)) families.add(known)
    this.removals.look()
    this.workLater()
    // Removals that this process queued meanwhile apply to the series of an earlier owner as well.
    if (late?.any) this.removals.carryOut(late.all())
  }

  open(family: FamilyDescriptor, series: SeriesRef, createdAt?: number): Slots {
    const { epoch } = this.seat.head
    // After a change of the gate, removals are carried out before a new series is opened.
    const gate = this.gate[0]!
    if (gate !== this.gateSeen) {
      // If removals cannot be read, new series are kept aside, so that they are not removed with the old ones.
      if (!this.looked()) return this.openAside(family, series, createdAt)
      this.gateSeen = gate
    }
    const known = this.counted.find(family, series)
    const run = known ?? this.counted.begin(family, series, createdAt)
    if (run === undefined) return this.openAside(family, series, createdAt)
    if (known === undefined && this.overflowing) this.makeRoom()
    const { segment, at } = run
    layoutOf(family).claim(segment, at, epoch)
    return { values: segment.values, words: segment.words, at, epoch }
  }

  /** Changes the gate; returns its previous value. */
  private turn(): number {
    return Atomics.add(this.gate, 0, 1)
  }

  private openAside(family: FamilyDescriptor, series: SeriesRef, createdAt: number | undefined): Slots {
    this.overflowing = true
    return this.overflow.open(family, series, createdAt)
  }

  remove(family: FamilyDescriptor, filter: LabelFilter, scope: RemovalScope): void {
    this.removeMany(family, [filter], scope)
  }

  removeMany(family: FamilyDescriptor, filters: readonly LabelFilter[], scope: RemovalScope, now = false): void {
    const { registry, name } = family
    const removals = filters.map((labels) => ({ registry, name, labels }))
    try {
      if (scope === 'process') this.removals.carryOut(removals)
      else this.removals.remove(name, removals, now)
      for (const filter of filters) this.overflow.remove(family, filter, scope)
    } finally {
      // Even after a failure, because removals of other processes may have been taken.
      this.turn()
    }
    this.workLater()
  }

  /** Adds earlier removals of this process to the directory; returns false while another process holds the lock. */
  addLate(removals: readonly Removal[]): boolean {
    if (!this.removals.addLate(removals)) return false
    this.turn()
    return true
  }

  /** Whether `noticing` has work: other processes may have removed series since it ended. */
  get isBehind(): boolean {
    return this.gate[0] !== this.gateNoticed || this.removals.behind || this.removals.mayBeUntaken
  }

  /**
   * Takes and carries out removals of other processes in steps, and rewrites the series file if necessary.
   *
   * @param stands whether this process still has the seat; if not, another writer may have it
   */
  *noticing(stands = (): boolean => true): Iterable<void> {
    this.gateNoticed = this.gate[0]!
    while (this.removals.isUntaken || this.removals.behind || this.names.wasteful) {
      if (this.removals.isUntaken) yield* this.taking(stands)
      if (!stands()) return
      if (this.removals.behind) this.removals.step()
      else if (this.names.wasteful) yield* this.compacting(stands)
      yield
      if (!stands()) return
    }
  }

  private *taking(stands: () => boolean): Iterable<void> {
    try {
      for (const _ of this.removals.taking()) {
        // A write before the next step opens its series again, and takes the remaining removals.
        this.turn()
        yield
        if (!stands()) return
      }
    } finally {
      this.turn()
      this.gateNoticed = this.gate[0]!
    }
  }

  /** Carries out some of the removals; returns whether there were any. */
  settle(): boolean {
    const gate = this.gate[0]!
    if (gate === this.gateSeen && !this.removals.behind) return false
    if (!this.looked() || !this.advance()) return false
    this.gateSeen = gate
    // Unless another process has turned it as well.
    if (this.turn() === gate) this.gateSeen = (gate + 1) | 0
    return true
  }

  /** Carries out all removals at once. */
  finish(): void {
    this.removals.finish()
    if (this.names.wasteful) this.compact()
  }

  /** Reads the removals; returns false if they cannot be read, and the next check tries again. */
  private looked(): boolean {
    if (!this.couldRead(() => this.removals.look())) return false
    // Normally left to the next turn of the event loop; a long backlog shows that it is blocked.
    if (this.removals.backlog > longBacklog) this.advance()
    this.workLater()
    return true
  }

  private advance(): boolean {
    return this.couldRead(() => this.removals.advance())
  }

  private couldRead(work: () => void): boolean {
    try {
      work()
      return true
    } catch (cause) {
      this.onError(removalsUnreadable(this.seat.number, cause))
      return false
    }
  }

  private workLater(): void {
    if (this.names.urgent) this.compact()
    if (this.removals.behind || this.names.wasteful) this.onBehind?.()
  }

  setExemplar(family: FamilyDescriptor, series: SeriesRef, bucket: number, exemplar: Exemplar): void {
    const run = this.counted.find(family, series)
    if (run === undefined) {
      this.overflow.setExemplar(family, series, bucket, exemplar)
      return
    }
    try {
      this.exemplars.write(run.slot, bucket, exemplar)
    } catch (cause) {
      this.full(cause)
    }
  }

  *series(only?: FamilyDescriptor, times = false): Iterable<StoredSeries> {
    const beginnings = times ? this.names.beginnings(this.seat.segments.capacity) : undefined
    for (const { family, series: all } of this.families) {
      if (only !== undefined && family.name !== only.name) continue
      for (const [series, slot] of all.of(family)) {
        if (this.removals.names(family, series, slot)) continue
        const { segment, at } = this.seat.segments.at(slot)
        const slots = { values: segment.values, words: segment.words, at, epoch: this.seat.head.epoch }
        yield { family, series, slots, createdAt: beginnings?.get(slot) }
      }
    }
    yield* this.overflow.series(only, times)
  }

  flush(): void {
    this.seat.flush()
  }

  /** `gone` if the directory no longer has the seat, `lost` if another writer has it, otherwise `held`. */
  condition(): 'held' | 'gone' | 'lost' {
    const condition = this.seat.condition()
    return condition === 'held' && !this.names.present() ? 'gone' : condition
  }

  /** Moves series that had no space to the file, once there is space again. */
  makeRoom(): void {
    if (!this.overflowing) return
    let moved = false
    this.overflowing = false
    for (const { family, series, slots, createdAt } of [...this.overflow.series(undefined, true)]) {
      const run = this.counted.find(family, series) ?? this.counted.begin(family, series, createdAt)
      if (run === undefined) {
        this.overflowing = true
        break
      }
      layoutOf(family).carry(run.segment, run.at, slots, slots.at, this.seat.head.epoch, Date.now())
      this.overflow.remove(family, exactFilter(family.labelNames, seriesKey(series.labelValues)), 'process')
      moved = true
    }
    if (!moved) return
    this.reportedFull = false
    this.turn()
  }

  /** Subtracts the values that are already in the file, so that only later counts remain. */
  forgetWritten(): void {
    forgetWritten(this.families, this.seat)
  }

  close(): void {
    this.seat.flush()
    this.seat.close()
    this.names.close()
    this.exemplars.close()
  }

  private compact(): void {
    for (const _ of this.compacting());
  }

  private *compacting(stands = (): boolean => true): Iterable<void> {
    try {
      if (this.names.wasteful) yield* this.names.compacting(stands)
    } catch (cause) {
      this.full(cause)
    }
  }

  private full(cause: unknown): undefined {
    this.seat.head.dropped++
    if (this.reportedFull) return
    this.reportedFull = true
    this.onError(seatFull(this.seat.number, cause))
  }
}
