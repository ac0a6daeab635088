import { fstatSync } from 'node:fs'
import { join } from 'node:path'
import type { FamilyDescriptor } from '../../model/descriptor.js'
import { MetricsError } from '../../model/errors.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import { setTimeout } from '../../platform/timers.js'
import { nameOfProcess, type Pause, type PlacedExemplar, type WriterSnapshot } from '../contract.js'
import { ignored, opened, removed, SeriesLog } from '../core/series-log.js'
import { readExemplars } from './exemplar-cells.js'
import { closeQuietly, codeOf, isGone, isNoneOfOurs, openForReading, readAt } from './files.js'
import { exemplarsName, headerSize, seriesName, valuesName } from './format.js'
import { Head, type OwnerFacts } from './head.js'
import type { KeyTexts } from './key-texts.js'
import { type Liveness, locksHidden } from './liveness.js'
import { RecordReader } from './record-reader.js'
import { openReplaced } from './replaced-files.js'
import { type FiltersOf, SeatMask } from './seat-mask.js'
import { isGuest, workerOf, writerName } from './seat-numbers.js'
import { readLines } from './series-lines.js'

/** Bytes of a series file that are read at a time. */
const stretch = 16 * 1024
/** How often a seat is read again if its owner was writing. An owner that was stopped while it wrote never finishes. */
const mostTurns = 10
/** A head with more exemplars is invalid. */
const mostExemplars = 100_000

/** The values that one scrape uses for all seats. */
export interface Circumstances {
  /** The run that the control file names; undefined if there is none. */
  readonly runId: string | undefined
  /** Omits the series of a seat that were removed from the application, but not by its writer yet. */
  readonly mask: (reader: SeatReader) => Promise<void>
  readonly liveness: Liveness
  readonly pause: Pause
  /** The keys that all seats have in common. */
  readonly keys: KeyTexts
  readonly report: (error: MetricsError) => void
  /** Called for a seat that could never be read: its numbers are missing. */
  readonly miss: (seat: number, cause: MetricsError) => void
  /** Whether the seats of an owner are read; by default all of them are. */
  readonly reads?: ((owner: OwnerFacts) => boolean) | undefined
}

/** Reads one seat, scrape after scrape. Each line of its series file is read once. */
export class SeatReader {
  private readonly head = new Head(new Uint8Array(headerSize))
  /** The head, read again after the slots. */
  private readonly later = new Head(new Uint8Array(headerSize))
  private log = new SeriesLog()
  private numbering = ''
  private read = 0
  /** The length of the log according to the head. */
  private announced = 0
  private faults = 0
  /** Position in the log up to which `records` is complete. */
  private followed = 0
  private records = new RecordReader()
  private masks = new SeatMask()
  private bytes = Buffer.alloc(0)
  /** The seat as it was last read. */
  last: WriterSnapshot | undefined
  /** The owner at that time. */
  owner: OwnerFacts = { pid: 0, threadId: 0, startTicks: 0, pidNamespace: 0, startedAt: 0, livenessId: '' }
  /** The ID of the file at that time, whatever its owner. */
  logId = ''
  /** Whether the last scrape read the seat, and did not use its last good values. */
  fresh = false
  /** Whether the file turned out to be damaged, or not a seat of this application: it is omitted. */
  skipped = false
  /** Whether the seat has an owner whose seats are not read. */
  excluded = false

  constructor(
    private readonly directory: string,
    private readonly seat: number,
  ) {}

  /**
   * Returns the seat at this moment; undefined for a seat of an earlier run, or one that disappeared.
   *
   * If it cannot be read, that is reported, and the last good reading is returned.
   */
  async snapshot(circumstances: Circumstances): Promise<WriterSnapshot | undefined> {
    const path = join(this.directory, valuesName(this.seat))
    let fd: number | undefined
    try {
      this.fresh = false
      this.skipped = false
      this.excluded = false
      fd = openForReading(path)
      this.last = await this.take(fd, circumstances)
      this.logId = this.head.logId
      this.owner = this.head.owner()
      this.fresh = true
      return this.last
    } catch (cause) {
      // The seat disappeared between listing and opening: a new run took it over or wiped it. A seat without its series
      // file is a fault.
      if (codeOf(cause) === 'ENOENT' && (fd === undefined || isGone(fd, path))) {
        this.last = undefined
        return undefined
      }
      const fault = cause instanceof MetricsError ? cause : this.unreadable(codeOf(cause).toLowerCase(), cause)
      const damaged = cause instanceof MetricsError && cause.reason !== locksHidden
      this.skipped = damaged || isNoneOfOurs(cause) || codeOf(cause) === 'ENOENT'
      circumstances.report(fault)
      if (this.last === undefined && !this.skipped) circumstances.miss(this.seat, fault)
      return this.last
    } finally {
      if (fd !== undefined) closeQuietly(fd)
    }
  }

  private async take(fd: number, circumstances: Circumstances): Promise<WriterSnapshot | undefined> {
    for (let turn = 1; ; turn++) {
      const taken = await this.takeOnce(fd, circumstances)
      if (taken === undefined) return undefined
      const settled = await this.settle(fd, taken, circumstances)
      if (!settled && turn < mostTurns) {
        await new Promise((resolve) => setTimeout(resolve, 1))
        continue
      }
      // If the writer was stopped while it wrote, the reading is used as it is.
      if (!settled) return taken
      if (this.read < this.announced) circumstances.report(this.unreadable('missing_lines'))
      else if (this.faults > 0) circumstances.report(this.unreadable('broken_line'))
      return taken
    }
  }

  /**
   * Checks whether the writer continued while its slots were read. Returns false if they must be read again, because
   * the owner of a buffered seat was writing or the series file was rewritten.
   */
  private async settle(fd: number, { live, values }: WriterSnapshot, { pause, keys }: Circumstances): Promise<boolean> {
    const { head, later, log } = this
    if (readAt(fd, later.bytes, headerSize, 0) < headerSize || later.fault() !== undefined) return true
    if (live && (head.flushes % 2 !== 0 || later.flushes !== head.flushes)) return false
    if (live && (head.logEdition % 2 !== 0 || later.logEdition % 2 !== 0)) return false
    if (numberingOf(later) !== this.numbering) return false
    if (later.logBytes <= this.read) return true
    const from = log.length
    await this.followLog(later, Math.floor((fstatSync(fd).size - headerSize) / 8), pause, keys)
    // It may have been rewritten after its head was read.
    if (this.read < this.announced && readAt(fd, later.bytes, headerSize, 0) === headerSize) {
      if (numberingOf(later) !== this.numbering) return false
    }
    // A slot that was reused has the number of one series under the name of another; the new series has no number yet.
    for (let i = from; i < log.length; i++) {
      const slot = log.slotOf[i]!
      if (log.kinds[i] === opened) values.fill(0, slot, slot + layoutOf(familyAt(log, i)).width)
    }
    return true
  }

  private async takeOnce(fd: number, circumstances: Circumstances): Promise<WriterSnapshot | undefined> {
    const { runId, liveness, pause, keys } = circumstances
    const { head } = this
    const file = fstatSync(fd)
    if (readAt(fd, head.bytes, headerSize, 0) < headerSize) throw this.unreadable('too_short')
    const fault = head.fault() ?? head.contentFault()
    if (fault !== undefined) throw this.unreadable(fault)
    // This is a copy of another seat's file, whose series would count twice.
    if (head.seat !== this.seat) throw this.unreadable('copied')
    if (runId !== undefined && head.runId !== runId) return undefined
    this.excluded = circumstances.reads?.(head.owner()) === false
    if (this.excluded) return undefined
    const live = liveness.ownerLives(fd, file, head)
    const slots = Math.floor((file.size - headerSize) / 8)
    // A file that could not be read is tried again, because it may have been repaired.
    if (this.faults > 0 || this.read < this.announced) this.numbering = ''
    const goesOn = this.numbering === numberingOf(head)
    await this.followLog(head, slots, pause, keys)
    // After a change of the file, the position may be in the middle of a line.
    if (goesOn && this.faults > 0) {
      this.numbering = ''
      await this.followLog(head, slots, pause, keys)
    }
    await circumstances.mask(this)
    // There may be slots of lines after the announced length; both are in the file by now.
    const count = Math.min(slots, Math.max(head.used, this.records.end))
    if (this.bytes.length < count * 8) this.bytes = Buffer.from(new ArrayBuffer(Math.min(slots, count * 2) * 8))
    const values = new Float64Array(this.bytes.buffer, this.bytes.byteOffset, count)
    await this.records.read(fd, values, live, pause)
    const owner = head.owner()
    const { epoch, dropped } = head
    const cells = head.exemplars
    const exemplars = (): readonly PlacedExemplar[] => (cells > 0 ? this.readExemplars(cells) : [])
    return {
      writer: writerName(this.seat, owner),
      seat: this.seat,
      worker: workerOf(this.seat),
      ...(isGuest(this.seat) && { guest: true }),
      process: nameOfProcess(owner.pid, owner.threadId),
      live,
      epoch,
      startedAt: owner.startedAt,
      log: this.log,
      values,
      bytes: file.size,
      dropped,
      exemplars,
    }
  }

  private async followLog(head: Head, slots: number, pause: Pause, keys: KeyTexts): Promise<void> {
    // The file has another numbering, or the log is shorter than what was read of it: start again.
    const numbering = numberingOf(head)
    if (numbering !== this.numbering || head.logBytes < this.read) this.forget(numbering)
    if (head.logBytes > this.read) {
      const fd = await openReplaced(join(this.directory, seriesName(this.seat)))
      try {
        await this.readLog(fd, head.logBytes, slots, pause, keys)
      } finally {
        closeQuietly(fd)
      }
    }
    // The lines are written before the head that announces them, so a shorter file has lost some.
    this.announced = head.logBytes
    this.masks.carriedOut = head.removals
    const { log } = this
    for (; this.followed < log.length; this.followed++) {
      const slot = log.slotOf[this.followed]!
      // A series that was already omitted does not have to be removed again.
      if (log.kinds[this.followed] === removed && this.masks.delete(slot)) log.kinds[this.followed] = ignored
      else if (log.kinds[this.followed] === opened) this.records.add(slot, layoutOf(familyAt(log, this.followed)))
      else this.records.drop(slot)
      if ((this.followed & 1023) === 1023 && pause.due()) await pause.rest()
    }
  }

  /** The position up to which the writer has carried out removals, or this reader omits series because of them. */
  get removedUntil(): number {
    return this.masks.removedUntil
  }

  /**
   * Omits the series that removals name and that the writer has not removed yet.
   *
   * @param until the position after the last of them
   */
  async mask(filtersOf: FiltersOf, until: number, pause: Pause): Promise<void> {
    const { log, masks } = this
    await masks.leaveOut(log, this.records.end, filtersOf, { until, self: this.head.logId }, pause)
    this.followed = log.length
  }

  private readExemplars(count: number): readonly PlacedExemplar[] {
    let fd: number | undefined
    try {
      fd = openForReading(join(this.directory, exemplarsName(this.seat)))
      return readExemplars(fd, Math.min(count, mostExemplars))
    } catch {
      // Exemplars are optional: without them the numbers are the same.
      return []
    } finally {
      if (fd !== undefined) closeQuietly(fd)
    }
  }

  private async readLog(fd: number, until: number, slots: number, pause: Pause, keys: KeyTexts): Promise<void> {
    let size = stretch
    while (this.read < until) {
      const piece = Buffer.allocUnsafe(Math.min(size, until - this.read))
      const got = readAt(fd, piece, piece.length, this.read)
      const { length, faults } = readLines(piece.subarray(0, got), this.log, slots, keys)
      this.read += length
      this.faults += faults
      // If a line is longer than the piece, use a larger piece. If the file ends early, try again at the next scrape.
      if (length === 0 && (got < piece.length || piece.length === until - this.read)) return
      if (length === 0) size *= 2
      if (pause.due()) await pause.rest()
    }
  }

  private forget(numbering: string): void {
    this.log = new SeriesLog()
    this.numbering = numbering
    this.read = 0
    this.faults = 0
    this.followed = 0
    this.masks = new SeatMask()
    this.records = new RecordReader()
  }

  private unreadable(reason: string, cause?: unknown): MetricsError {
    const consequence = this.last === undefined ? 'it is not shown' : 'its last good values are served'
    const text = `seat ${this.seat} cannot be read (${reason}): ${consequence}; see promhive inspect ${this.directory}`
    return new MetricsError('FILE_UNREADABLE', text, { cause, reason })
  }
}

function numberingOf({ logId, logEdition }: Head): string {
  return `${logId} ${logEdition}`
}

function familyAt(log: SeriesLog, entry: number): FamilyDescriptor {
  return log.families[log.familyOf[entry]!]!
}
