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
import { SeatRemovals } from './seat-removals.js'
import { SeatSeries } from './seat-series.js'
import { SeriesFile } from './series-file.js'
import type { SharedStoreOptions } from './shared-store-options.js'

/** Bytes of removals that are known and not carried out, from which on a count carries out some of them. */
const longBacklog = 64 * 1024

/** Counts on a seat of a shared directory. */
export class SharedStore implements Store {
  readonly writer: string
  readonly gate: Int32Array
  readonly seat: Seat
  readonly overflow: Store
  private readonly families = new KnownFamilies()
  private readonly names: SeriesFile
  private readonly exemplars: ExemplarCells
  private readonly removals: SeatRemovals
  private readonly counted: SeatSeries
  private gateSeen: number
  /** The gate when removals of other processes were last looked for. */
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
    const { pid, threadId, startTicks } = seat.head.owner()
    this.writer = `${seat.number}-${pid}-${threadId}-${startTicks}`
    this.names = new SeriesFile(directory, seat)
    this.exemplars = new ExemplarCells(directory, seat)
    const { families, names, exemplars } = this
    const log = seat.adopted ? this.names.read(seat.segments.capacity) : undefined
    const full = (cause: unknown): void => this.full(cause)
    this.removals = new SeatRemovals(
      { seat, removals: run.removals, late, caughtUp, families, names, exemplars, onRemoved, full },
      log && openedBehind(log),
    )
    const { removals } = this
    this.counted = new SeatSeries({ seat, families, names, removals, full }, log?.families.length ?? 0)
    if (log === undefined) {
      removals.begin()
      return
    }
    if (names.damaged) onError(damaged(seat.number))
    for (const known of inherit(log, seat.segments)) families.add(known)
    removals.look()
    this.workLater()
    // Of what an earlier owner counted, what this process removed meanwhile goes as well.
    if (late?.any) removals.carryOut(late.all())
  }

  open(family: FamilyDescriptor, series: SeriesRef): Slots {
    const { epoch } = this.seat.head
    // Opening follows a turn of the gate: what was removed goes before anything new comes.
    const gate = this.gate[0]!
    if (gate !== this.gateSeen) {
      // Where that cannot be read, what comes now stands aside: it is not to go with what was removed.
      if (!this.looked()) return this.openAside(family, series)
      this.gateSeen = gate
    }
    const known = this.counted.find(family, series)
    const run = known ?? this.counted.begin(family, series)
    if (run === undefined) return this.openAside(family, series)
    if (known === undefined && this.overflowing) this.makeRoom()
    const { segment, at } = run
    layoutOf(family).claim(segment, at, epoch)
    return { values: segment.values, words: segment.words, at, epoch }
  }

  /** Gives the gate before. */
  private turn(): number {
    return Atomics.add(this.gate, 0, 1)
  }

  private openAside(family: FamilyDescriptor, series: SeriesRef): Slots {
    this.overflowing = true
    return this.overflow.open(family, series)
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
      // Also if it failed: removals of other processes may have been taken.
      this.turn()
    }
    this.workLater()
  }

  /** Adds earlier removals of this process to the directory; false while another process holds the lock. */
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
   * Takes and carries out removals of other processes, in steps, and writes the series file again where that is due.
   *
   * @param stands whether this process still counts here: a seat that it has left is another writer's
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
        // A write before the next step opens its series again, and takes the rest.
        this.turn()
        yield
        if (!stands()) return
      }
    } finally {
      this.turn()
      this.gateNoticed = this.gate[0]!
    }
  }

  /** Carries out some of what was removed; gives whether there was anything. */
  settle(): boolean {
    const gate = this.gate[0]!
    if (gate === this.gateSeen && !this.removals.behind) return false
    if (!this.looked() || !this.advance()) return false
    this.gateSeen = gate
    // Unless another process has turned it as well.
    if (this.turn() === gate) this.gateSeen = (gate + 1) | 0
    return true
  }

  /** Carries out all that was removed, at once. */
  finish(): void {
    this.removals.finish()
    if (this.names.wasteful) this.compact()
  }

  /** Whether it is known what was removed; if it cannot be read, the next look tries again. */
  private looked(): boolean {
    if (!this.couldRead(() => this.removals.look())) return false
    // In the next turn of the event loop, unless that has not come for long.
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

  *series(only?: FamilyDescriptor): Iterable<StoredSeries> {
    for (const { family, series: all } of this.families) {
      if (only !== undefined && family.name !== only.name) continue
      for (const [series, slot] of all.of(family)) {
        if (this.removals.names(family, series, slot)) continue
        const { segment, at } = this.seat.segments.at(slot)
        yield {
          family,
          series,
          slots: { values: segment.values, words: segment.words, at, epoch: this.seat.head.epoch },
        }
      }
    }
    yield* this.overflow.series(only)
  }

  flush(): void {
    this.seat.flush()
  }

  /** Whether the seat and its files are still the directory's (or `gone`), and still this writer's (or `lost`). */
  condition(): 'held' | 'gone' | 'lost' {
    const condition = this.seat.condition()
    return condition === 'held' && !this.names.present() ? 'gone' : condition
  }

  /** Moves what found no room to the file, when there is room again. */
  makeRoom(): void {
    if (!this.overflowing) return
    let moved = false
    this.overflowing = false
    for (const { family, series, slots } of [...this.overflow.series()]) {
      const run = this.counted.find(family, series) ?? this.counted.begin(family, series)
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

  /** Takes off what the file holds already, so that only what was counted since is left. */
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
