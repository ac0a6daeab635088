import { definitionKey, type FamilyDescriptor } from '../../model/descriptor.js'
import type { Exemplar } from '../../model/exemplar.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import type { SeriesKey } from '../../model/series-key.js'
import type { PlacedExemplar, SourceReading, WriterSnapshot } from '../backend.js'
import { type Run, type Segment, Segments } from '../segments.js'
import { opened, SeriesLog } from '../series-log.js'
import { familyName, openedName, removedName } from './names.js'
import { openSeries } from './open-series.js'

const firstSegment = 1024
const largestSegment = 1 << 19
/** Bytes that are compared, and sent when they differ, at a time: more of them when there are very many. */
const leastPage = 512
const mostPages = 8192
/** Exemplars in one change: a call takes only so many words. The rest goes with the next. */
const mostExemplars = 5000
/** Lines of removed series after which the names are written anew, when they are most of them. */
const fewLines = 1000

/** A series of a ledger. */
export interface Entry {
  readonly run: Run
  created: number
  /** Whether Redis has it: its line was in a change that was acknowledged. */
  told: boolean
}

export interface KnownFamily {
  readonly family: FamilyDescriptor
  readonly part: number
  index: number
  readonly series: Map<SeriesKey, Entry>
}

/** Bytes, and where they belong. */
export interface Stretch {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** What is to be written so that Redis has what the ledger has: absolute, so that writing it twice does no harm. */
export interface Change {
  /** Replaces whatever Redis has of the ledger. */
  readonly whole: boolean
  readonly edition: number
  readonly values: readonly Stretch[]
  readonly names: readonly Stretch[]
  /** `slot bucket` and the exemplar as JSON; nothing for one that went. */
  readonly exemplars: readonly (readonly [field: string, text: string])[]
  readonly exemplarsVersion: number
  /** Lengths in bytes that Redis has before, and will have behind. */
  readonly before: Lengths
  readonly after: Lengths
  readonly entries: readonly Entry[]
}

export interface Lengths {
  readonly values: number
  readonly names: number
}

/**
 * The numbers of one writer, on the heap, and the names to them; and a copy of what Redis has of them, so that only what
 * changed is sent.
 */
export class Ledger {
  readonly segments = new Segments(nextSegment)
  readonly families = new Map<string, KnownFamily>()
  private whole = true
  /** What Redis has, slot by slot. */
  private sent: Buffer = Buffer.alloc(0)
  private lengths: Lengths = { values: 0, names: 0 }
  private lines: string[] = []
  private fresh: Entry[] = []
  private familyCount = 0
  private gone = 0
  private readonly exemplars = new Map<string, PlacedExemplar>()
  private readonly changedExemplars = new Set<string>()
  private exemplarsVersion = 0
  private log: SeriesLog | undefined

  /** @param edition grows when the names are written anew: who followed them begins again */
  constructor(private edition = 0) {}

  get(family: FamilyDescriptor, key: SeriesKey, part = 0): Entry | undefined {
    return this.families.get(idOf(family, part))?.series.get(key)
  }

  /** The same family and key always give the same slots, until they are removed. */
  open(family: FamilyDescriptor, key: SeriesKey, part = 0, created = Date.now() / 1000): Entry {
    const known = this.family(family, part)
    const present = known.series.get(key)
    if (present !== undefined) return present
    const entry = { run: this.segments.allocate(layoutOf(family).width), created, told: false }
    known.series.set(key, entry)
    this.lines.push(openedName(known.index, part, entry.run.slot, created, key))
    this.fresh.push(entry)
    this.log = undefined
    return entry
  }

  /** Begins with what was read of a ledger, close together. */
  restore(log: SeriesLog, values: Float64Array, exemplars: readonly PlacedExemplar[]): void {
    const moved = new Map<number, number>()
    for (const [slot, i] of openSeries(log)) {
      const family = log.families[log.familyOf[i]!]!
      const { width } = layoutOf(family)
      if (slot + width > values.length) continue
      const { run } = this.open(family, log.keyOf[i]!, 0, log.createdAt[i]!)
      run.segment.values.set(values.subarray(slot, slot + width), run.at)
      moved.set(slot, run.slot)
    }
    for (const { slot, bucket, exemplar } of exemplars) {
      const there = moved.get(slot)
      if (there !== undefined) this.setExemplar(there, bucket, exemplar)
    }
  }

  remove(known: KnownFamily, key: SeriesKey): void {
    const entry = known.series.get(key)
    if (entry === undefined) return
    const { slot } = entry.run
    known.series.delete(key)
    this.lines.push(removedName(known.index, known.part, slot, key))
    this.segments.release(slot, layoutOf(known.family).width)
    this.gone++
    this.log = undefined
    for (const [field, placed] of this.exemplars) {
      if (placed.slot !== slot) continue
      this.exemplars.delete(field)
      this.changedExemplars.add(field)
    }
  }

  setExemplar(slot: number, bucket: number, exemplar: Exemplar): void {
    const field = `${slot} ${bucket}`
    this.exemplars.set(field, { slot, bucket, exemplar })
    this.changedExemplars.add(field)
  }

  /** The same, unless the one that is there is newer. */
  setNewerExemplar(slot: number, bucket: number, exemplar: Exemplar): void {
    const other = this.exemplars.get(`${slot} ${bucket}`)?.exemplar
    if (other === undefined || (other.timestamp ?? 0) < (exemplar.timestamp ?? 0))
      this.setExemplar(slot, bucket, exemplar)
  }

  placedExemplars(): readonly PlacedExemplar[] {
    return [...this.exemplars.values()]
  }

  /**
   * Redis has lost what it had, or has something else: the next change says all.
   *
   * @param edition what Redis has been told by others: this one's is above it
   */
  begin(edition = 0): void {
    this.edition = Math.max(this.edition, edition)
    this.whole = true
  }

  /** What differs from what Redis has. It stays true whatever is counted meanwhile. */
  change(): Change {
    const written = [...this.families.values()].reduce((sum, { series }) => sum + series.size, 0)
    if (this.gone > fewLines && this.gone > written) this.whole = true
    if (this.whole) this.tellAgain()
    const lines = Buffer.from(this.lines.join(''))
    const before = this.whole ? { values: 0, names: 0 } : this.lengths
    const names = lines.length === 0 ? [] : [{ offset: before.names, bytes: lines }]
    const values = [...this.changedValues()]
    const end = values.at(-1)
    const after = {
      values: Math.max(before.values, end === undefined ? 0 : end.offset + end.bytes.length),
      names: before.names + lines.length,
    }
    if (this.whole) for (const field of this.exemplars.keys()) this.changedExemplars.add(field)
    const fields = [...this.changedExemplars].slice(0, mostExemplars)
    const exemplars = fields.map((field) => [field, textOf(this.exemplars.get(field))] as const)
    for (const field of fields) this.changedExemplars.delete(field)
    if (exemplars.length > 0) this.exemplarsVersion++
    const { whole, edition, exemplarsVersion, fresh: entries } = this
    this.lines = []
    this.fresh = []
    this.whole = false
    return { whole, edition, values, names, exemplars, exemplarsVersion, before, after, entries }
  }

  /** Redis has taken the change. */
  taken({ whole, values, after, entries }: Change): void {
    if (this.sent.length < after.values) this.sent = grown(this.sent, after.values)
    if (whole) this.sent.fill(0)
    for (const { offset, bytes } of values) this.sent.set(bytes, offset)
    this.lengths = after
    for (const entry of entries) entry.told = true
  }

  /** What Redis has of the ledger's slots. */
  sentValues(): Float64Array {
    const { buffer, byteOffset } = this.sent
    return new Float64Array(buffer, byteOffset, Math.floor(this.lengths.values / 8))
  }

  /** Everything as it is on the heap at this moment, for who cannot ask Redis. */
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

  private family(family: FamilyDescriptor, part: number): KnownFamily {
    const id = idOf(family, part)
    let known = this.families.get(id)
    if (known === undefined) {
      known = { family, part, index: this.familyCount++, series: new Map() }
      this.lines.push(familyName(known.index, family))
      this.families.set(id, known)
    }
    return known
  }

  /** Only what there is, under new numbers of families: what came and went is not told again. */
  private tellAgain(): void {
    this.edition++
    this.gone = 0
    this.lines = []
    this.fresh = []
    this.familyCount = 0
    for (const [id, known] of this.families) {
      if (known.series.size === 0) {
        this.families.delete(id)
        continue
      }
      known.index = this.familyCount++
      this.lines.push(familyName(known.index, known.family))
      for (const [key, entry] of known.series) {
        this.lines.push(openedName(known.index, known.part, entry.run.slot, entry.created, key))
        this.fresh.push(entry)
      }
    }
  }

  /** The pages that differ, neighbours together; copied, for counting goes on. */
  private *changedValues(): Iterable<Stretch> {
    const known = this.whole ? 0 : this.lengths.values
    const pageSize = leastPage * Math.ceil((this.segments.used * 8) / leastPage / mostPages)
    for (const { first, values } of this.segments.all) {
      const length = Math.min(values.length, this.segments.used - first) * 8
      if (length <= 0) return
      const bytes = Buffer.from(values.buffer, values.byteOffset, length)
      const offset = first * 8
      let from = -1
      for (let at = 0; at < length; at += pageSize) {
        const end = Math.min(at + pageSize, length)
        const same = offset + end <= known && this.sent.compare(bytes, at, end, offset + at, offset + end) === 0
        if (!same && from < 0) from = at
        if (same && from >= 0) {
          yield { offset: offset + from, bytes: Buffer.from(bytes.subarray(from, at)) }
          from = -1
        }
      }
      if (from >= 0) yield { offset: offset + from, bytes: Buffer.from(bytes.subarray(from)) }
    }
  }
}

function idOf(family: FamilyDescriptor, part: number): string {
  return part === 0 ? definitionKey(family) : `${part} ${definitionKey(family)}`
}

function textOf(placed: PlacedExemplar | undefined): string {
  return placed === undefined ? '' : JSON.stringify(placed.exemplar)
}

function grown(buffer: Buffer, length: number): Buffer {
  // Of its own, and so at a multiple of 8 bytes: it is read as float64.
  const wider = Buffer.from(new ArrayBuffer(Math.ceil(Math.max(length, buffer.length * 2) / 8) * 8))
  wider.set(buffer)
  return wider
}

function nextSegment(first: number, width: number): Segment {
  const length = Math.max(width, Math.min(largestSegment, first === 0 ? firstSegment : first))
  const values = new Float64Array(length)
  return { first, values, words: new Int32Array(values.buffer) }
}
