import { definitionKey, type FamilyDescriptor } from '../../model/descriptor.js'
import { MetricsError } from '../../model/errors.js'
import type { Exemplar } from '../../model/exemplar.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import { exactFilter, exactKey, type LabelFilter, matches, type SeriesKey } from '../../model/series-key.js'
import type { RemovalScope, Slots, Store, StoredSeries } from '../backend.js'
import type { Run as SlotRun } from '../segments.js'
import { SeriesSlots } from '../series-slots.js'
import type { Run } from './control.js'
import { ExemplarCells } from './exemplar-cells.js'
import { codeOf } from './files.js'
import { adopted, inherit, type KnownFamily } from './inheritance.js'
import { type Removal, type Removals, removeFailed } from './removals.js'
import type { Seat } from './seat.js'
import { SeriesFile } from './series-file.js'
import { familyLine, openedLine, removedLine } from './series-lines.js'

export interface SharedStoreOptions {
  readonly directory: string
  readonly run: Run
  readonly seat: Seat
  /** Where series go that find no room on the disk: shown when this process answers, and nowhere else. */
  readonly overflow: Store
  /** Whether every other writer, dead ones included, has taken the removals up to a position. */
  readonly everybodyAt: (end: number) => boolean
  /** Told of each series of this writer that was removed, by whomever. */
  readonly onRemoved: (family: FamilyDescriptor, key: SeriesKey) => void
  readonly onError: (error: MetricsError) => void
}

/** Counts on a seat of a shared directory. */
export class SharedStore implements Store {
  readonly writer: string
  readonly gate: Int32Array
  readonly seat: Seat
  readonly overflow: Store
  private readonly families = new Map<string, KnownFamily>()
  private readonly names: SeriesFile
  private readonly exemplars: ExemplarCells
  private readonly removals: Removals
  private readonly everybodyAt: (end: number) => boolean
  private gateSeen: number
  private readonly onError: (error: MetricsError) => void
  private readonly onRemoved: (family: FamilyDescriptor, key: SeriesKey) => void
  private familyLines = 0
  private overflowing = false
  private toldFull = false

  constructor({ directory, run, seat, overflow, everybodyAt, onRemoved, onError }: SharedStoreOptions) {
    this.seat = seat
    this.removals = run.removals
    this.everybodyAt = everybodyAt
    this.gateSeen = run.gate[0]!
    this.overflow = overflow
    this.onError = onError
    this.onRemoved = onRemoved
    this.gate = run.gate
    const { pid, threadId, startTicks } = seat.head.owner()
    this.writer = `${seat.number}-${pid}-${threadId}-${startTicks}`
    this.names = new SeriesFile(directory, seat)
    this.exemplars = new ExemplarCells(directory, seat)
    if (seat.adopted) {
      const log = this.names.read(seat.segments.capacity)
      this.familyLines = log.families.length
      if (this.names.damaged) {
        const text = `seat ${seat.number} was taken over with a damaged series file: what its broken lines named is not shown`
        onError(new MetricsError('FILE_UNREADABLE', text, { reason: 'broken_line' }))
      }
      for (const known of inherit(log, seat.segments)) this.families.set(definitionKey(known.family), known)
      this.catchUp()
    } else seat.head.removals = run.removals.end()
  }

  open(family: FamilyDescriptor, key: SeriesKey): Slots {
    const { epoch } = this.seat.head
    // Opening follows a turn of the gate: what was removed goes before anything new comes.
    const gate = this.gate[0]!
    if (gate !== this.gateSeen) {
      // Where that cannot be read, what comes now stands aside: it is not to go with what was removed.
      if (!this.caughtUp()) return this.openAside(family, key)
      this.gateSeen = gate
    }
    const known = this.run(family, key)
    const run = known ?? this.begin(family, key)
    if (run === undefined) return this.openAside(family, key)
    if (known === undefined && this.overflowing) this.makeRoom()
    const { segment, at } = run
    layoutOf(family).claim(segment, at, epoch)
    return { values: segment.values, words: segment.words, at, epoch }
  }

  private openAside(family: FamilyDescriptor, key: SeriesKey): Slots {
    this.overflowing = true
    return this.overflow.open(family, key)
  }

  remove(family: FamilyDescriptor, filter: LabelFilter, scope: RemovalScope): void {
    const { registry, name } = family
    const removal = { registry, name, labels: filter }
    try {
      this.catchUp()
    } catch (cause) {
      throw removeFailed(name, codeOf(cause), cause)
    }
    if (scope === 'process') this.apply(removal)
    else this.removals.append(removal, this.everybodyAt)
    this.caughtUp()
    this.overflow.remove(family, filter, scope)
    Atomics.add(this.gate, 0, 1)
  }

  /** Looks whether others removed series: idle writers take notice as well, if later. */
  notice(): void {
    if (this.removals.end() === this.seat.head.removals) return
    this.catchUp()
    Atomics.add(this.gate, 0, 1)
  }

  /** Removes what others removed for the whole application. */
  private catchUp(): void {
    const { head } = this.seat
    const { removals, end } = this.removals.since(head.removals)
    for (const removal of removals) this.apply(removal)
    head.removals = end
    if (this.names.wasteful) this.compact()
  }

  /** Whether it could be read what was removed; if not, the next look tries again. */
  private caughtUp(): boolean {
    try {
      this.catchUp()
      return true
    } catch (cause) {
      const text = `seat ${this.seat.number} cannot read which series were removed (${codeOf(cause)}): it looks again soon`
      this.onError(new MetricsError('FILE_UNREADABLE', text, { cause, reason: codeOf(cause).toLowerCase() }))
      return false
    }
  }

  setExemplar(family: FamilyDescriptor, key: SeriesKey, bucket: number, exemplar: Exemplar): void {
    const run = this.run(family, key)
    if (run === undefined) {
      this.overflow.setExemplar(family, key, bucket, exemplar)
      return
    }
    try {
      this.exemplars.write(run.slot, bucket, exemplar)
    } catch (cause) {
      this.full(cause)
    }
  }

  *series(only?: FamilyDescriptor): Iterable<StoredSeries> {
    for (const { family, series } of this.families.values()) {
      if (only !== undefined && family.name !== only.name) continue
      for (const [key, slot] of series) {
        const { segment, at } = this.seat.segments.at(slot)
        yield { family, key, slots: { values: segment.values, words: segment.words, at, epoch: this.seat.head.epoch } }
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
    for (const { family, key, slots } of [...this.overflow.series()]) {
      const run = this.run(family, key) ?? this.begin(family, key)
      if (run === undefined) {
        this.overflowing = true
        break
      }
      layoutOf(family).carry(run.segment, run.at, slots, slots.at, this.seat.head.epoch)
      this.overflow.remove(family, exactFilter(family.labelNames, key), 'process')
      moved = true
    }
    if (!moved) return
    this.toldFull = false
    Atomics.add(this.gate, 0, 1)
  }

  /** Takes off what the file holds already, so that only what was counted since is left. */
  forgetWritten(): void {
    for (const { family, series } of this.families.values()) {
      const { additiveFrom, width } = layoutOf(family)
      if (additiveFrom === undefined) continue
      for (const [, slot] of series) {
        const { segment, at } = this.seat.segments.at(slot)
        for (let i = additiveFrom; i < width; i++) segment.values[at + i]! -= this.seat.written(slot + i)
      }
    }
  }

  close(): void {
    this.seat.flush()
    this.seat.close()
    this.names.close()
    this.exemplars.close()
  }

  private apply({ registry, name, labels }: Removal): void {
    for (const known of this.families.values()) {
      const { family, series } = known
      if (family.name !== name || family.registry !== registry) continue
      const exact = exactKey(family.labelNames, labels)
      for (const key of exact === undefined ? [...series.keys()] : [exact]) {
        if (series.has(key) && matches(family.labelNames, key, labels)) this.forget(known, key)
      }
    }
  }

  private compact(): void {
    try {
      this.names.compact(this.seat.segments.capacity)
    } catch (cause) {
      this.full(cause)
    }
  }

  private forget({ family, index, series }: KnownFamily, key: SeriesKey): void {
    const { segments } = this.seat
    const slot = series.get(key)!
    const { width } = layoutOf(family)
    this.exemplars.drop(slot, width)
    series.delete(key)
    this.onRemoved(family, key)
    if (this.append(removedLine(index, slot, key))) {
      segments.release(slot, width)
      this.names.wasted()
    } else {
      // The disk has no room for the line: the series stands at nothing until a reader is told.
      const { segment, at } = segments.at(slot)
      segment.values.fill(0, at, at + width)
    }
  }

  private run(family: FamilyDescriptor, key: SeriesKey): SlotRun | undefined {
    const slot = adopted(this.families.get(definitionKey(family)), family)?.series.get(key)
    return slot === undefined ? undefined : this.seat.segments.at(slot)
  }

  /** Numbers before names: a reader that sees the line finds the slots there, zeroed and claimed. */
  private begin(family: FamilyDescriptor, key: SeriesKey): SlotRun | undefined {
    const { head, segments } = this.seat
    const layout = layoutOf(family)
    let run: SlotRun
    try {
      run = segments.allocate(layout.width)
    } catch (cause) {
      return this.full(cause)
    }
    layout.claim(run.segment, run.at, head.epoch)
    head.used = segments.used
    const known = this.families.get(definitionKey(family)) ?? this.beginFamily(family)
    if (known === undefined || !this.append(openedLine(known.index, run.slot, Date.now() / 1000, key))) {
      segments.release(run.slot, layout.width)
      return undefined
    }
    known.series.set(key, run.slot)
    return run
  }

  private beginFamily(family: FamilyDescriptor): KnownFamily | undefined {
    const known = { family, index: this.familyLines, series: new SeriesSlots(family), inherited: false }
    if (!this.append(familyLine(known.index, family))) return undefined
    this.familyLines++
    this.families.set(definitionKey(family), known)
    return known
  }

  private append(line: Uint8Array): boolean {
    try {
      this.names.append(line)
      return true
    } catch (cause) {
      this.full(cause)
      return false
    }
  }

  private full(cause: unknown): undefined {
    this.seat.head.dropped++
    if (this.toldFull) return
    this.toldFull = true
    const text = `seat ${this.seat.number} has no room for new series (${codeOf(cause)}): they are counted in this process and shown when it answers; make room in the metrics directory`
    this.onError(new MetricsError('STORE_FULL', text, { cause }))
  }
}
