import { definitionKey, type FamilyDescriptor } from '../../model/descriptor.js'
import type { Exemplar } from '../../model/exemplar.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import type { SeriesKey } from '../../model/series-key.js'
import type { PlacedExemplar, SourceReading, WriterSnapshot } from '../contract.js'
import { type Segment, Segments, type SlotRun } from '../core/segments.js'
import { opened, SeriesLog } from '../core/series-log.js'
import type { Change } from './change.js'
import { KeyIndex } from './key-index.js'
import { LedgerExemplars } from './ledger-exemplars.js'
import { Lines } from './lines.js'
import { familyName, openedName, removedName } from './names.js'
import { SentSlots } from './sent-slots.js'

const firstSegment = 1024
const largestSegment = 1 << 19
/** Not the number of an edition: those start at 0. */
const unsent = -1
/** From this number of lines on, a change is prepared in steps. */
const manyLines = 1000
/** The number of lines of removed series from which on the names are rewritten, if most lines are of removed series. */
const fewLines = 1000

/** A series of a ledger. */
export interface Entry {
  readonly run: SlotRun
  created: number
  /** Whether Redis has the series: its line was in an acknowledged change. */
  named: boolean
  /** The edition of the names that has the line of the series. */
  edition: number
}

export interface LedgerFamily {
  readonly family: FamilyDescriptor
  readonly part: number
  index: number
  /** The edition of the names that has the line of the family, under its index. */
  edition: number
  readonly series: Map<SeriesKey, Entry>
  /** The same by some of the labels, for removals. */
  readonly byLabels: KeyIndex
}

/**
 * The numbers of one writer on the heap, and their names; and a copy of what Redis has of them, so that only changes
 * are sent.
 */
export class Ledger {
  readonly segments = new Segments(nextSegment)
  readonly families = new Map<string, LedgerFamily>()
  private whole = true
  private readonly sent = new SentSlots()
  /** The number of bytes of names that Redis has. */
  private namesLength = 0
  private readonly lines = new Lines()
  /** The names being rewritten: an edition that has begun, and is not sent. */
  private renaming: Iterator<void> | undefined
  private fresh: Entry[] = []
  private familyCount = 0
  private gone = 0
  private readonly exemplars = new LedgerExemplars()
  private log: SeriesLog | undefined

  /** @param edition grows when the names are rewritten, so that readers start again */
  constructor(private edition = 0) {}

  get(family: FamilyDescriptor, key: SeriesKey, part = 0): Entry | undefined {
    return this.families.get(idOf(family, part))?.series.get(key)
  }

  /** Returns the slots of a series: always the same for a family and key, until the series is removed. */
  open(family: FamilyDescriptor, key: SeriesKey, part = 0, created = Date.now() / 1000): Entry {
    const known = this.family(family, part)
    const present = known.series.get(key)
    if (present !== undefined) return present
    const entry = { run: this.segments.allocate(layoutOf(family).width), created, named: false, edition: unsent }
    known.series.set(key, entry)
    known.byLabels.add(key)
    if (this.namesSeries) this.writeName(known, key, entry)
    this.log = undefined
    return entry
  }

  remove(known: LedgerFamily, key: SeriesKey): void {
    const entry = known.series.get(key)
    if (entry === undefined) return
    const { slot } = entry.run
    known.series.delete(key)
    known.byLabels.delete(key)
    // A line that is not written yet will not be written.
    if (this.namesSeries && entry.edition === this.edition)
      this.lines.push(removedName(known.index, known.part, slot, key))
    this.segments.release(slot, layoutOf(known.family).width)
    if (++this.gone % fewLines === 0) this.forgetLines()
    this.log = undefined
    this.exemplars.drop(slot)
  }

  setExemplar(slot: number, bucket: number, exemplar: Exemplar): void {
    this.exemplars.set(slot, bucket, exemplar)
  }

  /** Sets an exemplar unless the present one is newer. */
  setNewerExemplar(slot: number, bucket: number, exemplar: Exemplar): void {
    this.exemplars.setNewer(slot, bucket, exemplar)
  }

  /** Sets an exemplar unless it is the present one. */
  setOtherExemplar(slot: number, bucket: number, exemplar: Exemplar): void {
    this.exemplars.setOther(slot, bucket, exemplar)
  }

  placedExemplars(): readonly PlacedExemplar[] {
    return this.exemplars.all()
  }

  /**
   * Called if Redis has lost its data or has another version: the next change contains everything.
   *
   * @param edition the edition of another process in Redis; the new one is above it
   */
  begin(edition = 0): void {
    this.edition = Math.max(this.edition, edition)
    this.whole = true
    this.renaming = undefined
  }

  /** Whether the change is large enough to block the event loop: then `preparing` comes before `change`. */
  get isLong(): boolean {
    const again = this.renaming === undefined && (this.whole || this.gone > fewLines)
    return this.lines.waiting > manyLines || (again && this.size > manyLines)
  }

  /** Prepares the change in small steps; between two steps, series may be counted, opened or removed. */
  *preparing(): Iterable<void> {
    if (this.gone > fewLines && this.gone > this.size) this.whole = true
    if (this.whole && this.renaming === undefined) this.writeNamesAgain()
    while (this.renaming?.next().done === false) yield
    yield* this.lines.packing()
  }

  /** Returns the difference to what Redis has. It stays valid whatever is counted meanwhile. */
  change(): Change {
    for (const _ of this.preparing());
    const lines = this.lines.take()
    const before = this.whole ? { values: 0, names: 0 } : { values: this.sent.length, names: this.namesLength }
    const names = lines.length === 0 ? [] : [{ offset: before.names, bytes: lines }]
    const values = [...this.sent.changes(this.segments, before.values)]
    const end = values.at(-1)
    const after = {
      values: Math.max(before.values, end === undefined ? 0 : end.offset + end.bytes.length),
      names: before.names + lines.length,
    }
    const { changes: exemplars, version: exemplarsVersion } = this.exemplars.change(this.whole)
    const { whole, edition, fresh: entries } = this
    this.fresh = []
    this.whole = false
    this.renaming = undefined
    return { whole, edition, values, names, exemplars, exemplarsVersion, before, after, entries }
  }

  /** Called when Redis has applied the change. */
  taken({ whole, values, after, entries }: Change): void {
    this.sent.take(values, after.values, whole)
    this.namesLength = after.names
    for (const entry of entries) entry.named = true
  }

  /** Returns the slots that Redis has. */
  sentValues(): Float64Array {
    return this.sent.values()
  }

  /** Returns the current state on the heap, for a reader without Redis. */
  snapshot(writer: Omit<WriterSnapshot, 'log' | 'values' | 'bytes' | 'exemplars'>): SourceReading['writers'][number] {
    const values = new Float64Array(this.segments.used)
    for (const { first, values: slots } of this.segments.all)
      values.set(slots.subarray(0, Math.max(0, this.segments.used - first)), first)
    this.log ??= this.logOfNow()
    return { ...writer, log: this.log, values, bytes: values.byteLength, exemplars: () => this.placedExemplars() }
  }

  private logOfNow(): SeriesLog {
    const log = new SeriesLog()
    for (const { family, series } of this.families.values()) {
      const index = log.families.push(family) - 1
      for (const [key, { run, created }] of series) log.append(opened, index, run.slot, key, created)
    }
    return log
  }

  private family(family: FamilyDescriptor, part: number): LedgerFamily {
    const id = idOf(family, part)
    let known = this.families.get(id)
    if (known === undefined) {
      const series = new Map<SeriesKey, Entry>()
      const byLabels = new KeyIndex(family.labelNames, series)
      known = { family, part, index: 0, edition: unsent, series, byLabels }
      this.families.set(id, known)
    }
    return known
  }

  /**
   * Prevents that lines of removed series accumulate while Redis is unavailable: if most lines are of removed series,
   * the next change rewrites the names. A change that is being sent stays unchanged.
   */
  private forgetLines(): void {
    if (!this.namesSeries || this.gone <= fewLines || this.gone <= this.size) return
    this.begin()
    this.lines.clear()
    this.fresh = []
  }

  private get size(): number {
    let size = 0
    for (const { series } of this.families.values()) size += series.size
    return size
  }

  /** Whether new lines are sent as they are written, and not with all names. */
  private get namesSeries(): boolean {
    return !this.whole || this.renaming !== undefined
  }

  /** Writes the names of present series again, under new family numbers. */
  private writeNamesAgain(): void {
    this.edition++
    this.gone = 0
    this.lines.clear()
    this.fresh = []
    this.familyCount = 0
    this.renaming = this.everything()
  }

  private *everything(): Generator<void> {
    for (const [id, known] of this.families) {
      if (known.series.size === 0) this.families.delete(id)
      for (const [key, entry] of known.series) {
        this.writeName(known, key, entry)
        yield
      }
    }
  }

  /** Writes the line of a series unless the edition has it. */
  private writeName(known: LedgerFamily, key: SeriesKey, entry: Entry): void {
    const { edition, lines } = this
    if (entry.edition === edition) return
    if (known.edition !== edition) {
      known.edition = edition
      known.index = this.familyCount++
      lines.push(familyName(known.index, known.family))
    }
    entry.edition = edition
    lines.push(openedName(known.index, known.part, entry.run.slot, entry.created, key))
    this.fresh.push(entry)
  }
}

function idOf(family: FamilyDescriptor, part: number): string {
  return part === 0 ? definitionKey(family) : `${part} ${definitionKey(family)}`
}

function nextSegment(first: number, width: number): Segment {
  const length = Math.max(width, Math.min(largestSegment, first === 0 ? firstSegment : first))
  const values = new Float64Array(length)
  return { first, values, words: new Int32Array(values.buffer) }
}
