import { type Exemplar, exemplarFrom } from '../../model/exemplar.js'
import type { SeriesFilters } from '../../model/series-filters.js'
import type { Pause, PlacedExemplar, WriterSnapshot } from '../contract.js'
import type { RemovalIndex } from '../core/removal-index.js'
import { removed, type SeriesLog } from '../core/series-log.js'
import type { LedgerEntry, LedgerRemoval } from './entry.js'
import { Names } from './names.js'
import { stemOf } from './next-writer.js'
import { openSeries } from './open-series.js'
import { listOf, type Reply, textOf } from './script.js'

/** A removal, and the position after it. */
export interface PlacedLedgerRemoval {
  readonly removal: LedgerRemoval
  readonly position: number
}

/** Reads one ledger, scrape after scrape. Each name is transferred once. */
export class LedgerReader {
  version = 0
  edition = 0
  namesLength = 0
  exemplarsVersion = 0
  names = new Names()
  values: Float64Array = new Float64Array(0)
  exemplars: readonly PlacedExemplar[] = []
  entry: LedgerEntry | undefined
  /** The first slots of series that are omitted until their writer has removed them. */
  private readonly masked = new Set<number>()
  private maskedUntil = 0

  constructor(readonly id: string) {}

  /**
   * Whether some of its series cannot be read, because a later version or another program has written them. Such a
   * ledger is shown without them, and never folded or rewritten: they would be lost.
   */
  get isPartlyUnreadable(): boolean {
    return this.names.faults > 0
  }

  /** Applies the update of a complete reading. */
  async take(update: LedgerUpdate, pause: Pause): Promise<void> {
    const { entry, values, exemplars } = update
    for (const piece of update.pieces) await this.read(piece, pause)
    this.namesLength = update.namesLength
    this.values = float64(values)
    if (exemplars !== undefined) this.exemplars = exemplarsFrom(exemplars)
    this.entry = entry!
    this.version = entry!.version
    this.edition = entry!.edition
    this.exemplarsVersion = entry!.exemplarsVersion
  }

  /** Reads some more of the names. */
  read(piece: Buffer, pause: Pause): Promise<void> {
    return this.names.read(piece, pause, (_, slot) => this.masked.delete(slot))
  }

  /** The position up to which the writer has carried out removals, or this reader omits series because of them. */
  get removedUntil(): number {
    return Math.max(this.entry!.seen, this.maskedUntil)
  }

  /** Omits the series that removals name and that the writer has not removed yet, in one pass. */
  async mask(removals: RemovalIndex, until: number, pause: Pause): Promise<void> {
    const after = this.removedUntil
    if (until <= after) return
    this.maskedUntil = until
    for (const log of this.names.logs.values()) await this.maskIn(log, removals, after, pause)
  }

  private async maskIn(log: SeriesLog, removals: RemovalIndex, after: number, pause: Pause): Promise<void> {
    const filters: (SeriesFilters | undefined)[] = []
    for (const family of log.families) filters.push(family && (await removals.filtersOf(family, pause)))
    if (filters.every((each) => each === undefined)) return
    const author = stemOf(this.id)
    let looked = 0
    for (const [slot, i] of await openSeries(log, pause)) {
      if ((++looked & 255) === 0 && pause.due()) await pause.rest()
      const index = log.familyOf[i]!
      if (!filters[index]?.names(log.keyOf[i]!, after, author)) continue
      log.append(removed, index, slot, log.keyOf[i]!, 0)
      this.masked.add(slot)
    }
  }

  /** Returns a snapshot of the writer, or of each process if the ledger is that of a host. */
  snapshots(live: boolean): WriterSnapshot[] {
    const { seat, facts } = this.entry!
    const { values, exemplars } = this
    const common = { writer: this.id, bytes: values.byteLength + this.namesLength, dropped: 0, values }
    const named = facts.process === undefined ? {} : { process: facts.process }
    const whole = { ...common, ...named, seat, live, epoch: facts.epoch, startedAt: facts.startedAt }
    if (facts.kind !== 'host') return [{ ...whole, log: this.names.log(), exemplars: () => exemplars }]
    // The sums of a host belong to no process, so they have seat 0; its processes follow one by one.
    const snapshots = [{ ...whole, seat: 0, log: this.names.log(), exemplars: () => exemplars }]
    for (const { part, live: lives, epoch, startedAt, process } of facts.parts ?? []) {
      const partFacts = {
        seat: seat * partsOfSeat + part,
        writer: `${this.id} ${part}`,
        bytes: 0,
        ...(process && { process }),
      }
      const log = this.names.log(part)
      snapshots.push({ ...whole, ...partFacts, live: live && lives, epoch, startedAt, log, exemplars: () => [] })
    }
    return snapshots
  }
}

/** What a reading has found of a ledger so far. It is shown when the reading of all ledgers is complete. */
export class LedgerUpdate {
  /** The entry of the version that was read; undefined while pieces are missing. */
  entry: LedgerEntry | undefined
  edition: number
  /** The number of bytes of the names that are known. */
  namesLength: number
  values: Buffer = Buffer.alloc(0)
  exemplars: readonly Reply[] | undefined
  /** The names after those that the reader has. */
  readonly pieces: Buffer[] = []

  /** @param isShown whether scrapes already show the reader, so that it may change only when the reading is complete */
  constructor(
    readonly reader: LedgerReader,
    private readonly isShown: boolean,
  ) {
    this.edition = reader.edition
    this.namesLength = reader.namesLength
  }

  get version(): number {
    return this.entry?.version ?? 0
  }

  get exemplarsVersion(): number {
    return this.entry?.exemplarsVersion ?? this.reader.exemplarsVersion
  }

  /** Applies a reply: a piece of the names, or everything that was missing. */
  async take(entry: LedgerEntry, [names, values, exemplars]: readonly Reply[], pause: Pause): Promise<void> {
    const piece = names as Buffer
    this.edition = entry.edition
    this.namesLength += piece.length
    if (!this.isShown) await this.reader.read(piece, pause)
    else if (piece.length > 0) this.pieces.push(piece)
    if (values === undefined) {
      this.entry = undefined
      return
    }
    this.values = values as Buffer
    if (Array.isArray(exemplars)) this.exemplars = exemplars
    this.entry = entry
  }
}

/** Processes of host 2 have the seats 2001, 2002, and so on. */
export const partsOfSeat = 1000

/** Copies the bytes, so that they begin at a multiple of 8. */
function float64(bytes: Buffer): Float64Array {
  const values = new Float64Array(Math.floor(bytes.length / 8))
  new Uint8Array(values.buffer).set(bytes.subarray(0, values.byteLength))
  return values
}

function exemplarsFrom(reply: readonly Reply[]): PlacedExemplar[] {
  const exemplars: PlacedExemplar[] = []
  for (let i = 0; i + 1 < reply.length; i += 2) {
    const [slot, bucket] = textOf(reply[i]).split(' ').map(Number) as [number, number]
    const exemplar = parsed(textOf(listOf(reply)[i + 1]))
    if (exemplar !== undefined) exemplars.push({ slot, bucket, exemplar })
  }
  return exemplars
}

function parsed(json: string): Exemplar | undefined {
  try {
    return exemplarFrom(JSON.parse(json))
  } catch {
    return undefined
  }
}
