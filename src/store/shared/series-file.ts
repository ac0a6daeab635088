import { fstatSync } from 'node:fs'
import { join } from 'node:path'
import { opened, SeriesLog } from '../core/series-log.js'
import {
  closeQuietly,
  openForWriting,
  readAt,
  removeQuietly,
  replaceFile,
  stillThere,
  unfinishedPath,
  writeAt,
} from './files.js'
import { seriesName, valuesName } from './format.js'
import type { Head } from './head.js'
import type { Seat } from './seat.js'
import { LinesInUse, readLines } from './series-lines.js'

/** A smaller file is not worth rewriting. */
const smallEnough = 256 * 1024
/** A file up to this size is rewritten in some milliseconds. */
const quicklyWritten = 512 * 1024
/** The maximum of bytes, appended during a rewrite, that are copied in one step. */
const tailSize = 64 * 1024
/** A file that has grown by this much while its rewrite was pending is rewritten at once. */
const longestWait = 16 * 1024 * 1024

/** The series file of a seat, as its owner writes it. */
export class SeriesFile {
  private fd: number
  private readonly path: string
  /** Lines that are obsolete: a removal, and the series that it removed. */
  private waste = 0
  private lines = 0
  /** Its size when it became wasteful. */
  private wastefulSince: number | undefined
  /** Whether a part of an earlier owner's lines could not be read. */
  damaged = false

  constructor(
    private readonly directory: string,
    private readonly seat: Seat,
  ) {
    this.path = join(directory, seriesName(seat.number))
    // A file under the name of a fresh seat may still be written by the previous owner of the number.
    if (!seat.adopted) removeQuietly(this.path)
    this.fd = openForWriting(this.path, true)
    if (!seat.adopted) seat.head.logBytes = 0
    // From here on, removing the seat removes this file. Before, it may belong to another owner.
    if (seat.condition() === 'held') return
    closeQuietly(this.fd)
    throw Object.assign(new Error(`seat ${seat.number} was taken away while it was taken`), { code: 'ESTALE' })
  }

  /** Reads what an earlier owner of the seat wrote. */
  read(slots: number): SeriesLog {
    const log = new SeriesLog()
    // Limited to the size of the file: the head of a damaged file may contain any number.
    const announced = this.seat.head.logBytes
    const size = Math.min(announced, fstatSync(this.fd).size)
    // An owner was killed while it rewrote the file: readers may have positions in the old one.
    if (size < announced || this.seat.head.logEdition % 2 !== 0) this.seat.head.logEdition = nextEdition(this.seat.head)
    const bytes = Buffer.alloc(Math.max(0, size))
    const { length, faults } = readLines(bytes.subarray(0, readAt(this.fd, bytes, bytes.length, 0)), log, slots)
    this.seat.head.logBytes = length
    this.damaged = faults > 0 || length < announced
    this.lines = log.length
    this.waste = log.kinds.reduce((sum, kind) => sum + (kind === opened ? 0 : 2), 0)
    return log
  }

  /** Returns when the series began, in unix seconds by slot, even if the directory no longer has the file. */
  beginnings(slots: number): ReadonlyMap<number, number> {
    const log = new SeriesLog()
    try {
      const bytes = Buffer.alloc(Math.min(this.seat.head.logBytes, fstatSync(this.fd).size))
      readLines(bytes.subarray(0, readAt(this.fd, bytes, bytes.length, 0)), log, slots)
    } catch {
      // The disk cannot be read: then the counts are more important than their beginnings.
    }
    return log.beginnings()
  }

  /** Throws the error of the disk; then the lines have no effect. */
  append(lines: Uint8Array, count = 1): void {
    const { head } = this.seat
    const position = head.logBytes
    writeAt(this.fd, lines, position)
    head.logBytes = position + lines.length
    this.lines += count
  }

  /** Notes how many removals were appended. */
  wasted(removals: number): void {
    this.waste += 2 * removals
  }

  /** Whether nearly all of its lines are obsolete. */
  get wasteful(): boolean {
    return this.seat.head.logBytes > smallEnough && this.waste > this.lines * 0.75
  }

  /** Whether the file is wasteful and must be rewritten at once. */
  get urgent(): boolean {
    const { wasteful } = this
    const { logBytes } = this.seat.head
    if (!wasteful) this.wastefulSince = undefined
    else this.wastefulSince ??= logBytes
    return wasteful && (logBytes <= quicklyWritten || logBytes > this.wastefulSince! + longestWait)
  }

  /**
   * Rewrites the file with the remaining lines, under the same numbers, in steps; the owner may continue between them.
   * The new file replaces the old one before the head announces it, so a reader in between, or a new owner after a
   * crash, finds complete lines up to the end.
   *
   * @param stands called after each step; returns false if this writer no longer has the seat
   */
  *compacting(stands: () => boolean): Iterable<void> {
    const path = unfinishedPath(this.directory)
    const { fd: before } = this
    let fd: number | undefined
    try {
      fd = openForWriting(path, true)
      for (const _ of this.writeAgain(fd, path)) {
        yield
        if (this.fd !== before || !stands()) return
      }
      fd = undefined
    } catch (cause) {
      // Tried again after the same number of removals, not at each one.
      this.waste = 0
      throw cause
    } finally {
      if (fd !== undefined) {
        closeQuietly(fd)
        removeQuietly(path)
      }
    }
  }

  private *writeAgain(fd: number, path: string): Iterable<void> {
    const { lines, waste } = this
    let from = this.seat.head.logBytes
    const bytes = Buffer.alloc(Math.min(from, fstatSync(this.fd).size))
    const inUse = new LinesInUse(bytes.subarray(0, readAt(this.fd, bytes, bytes.length, 0)))
    yield* inUse.read()
    let written = 0
    for (const piece of inUse.pieces()) {
      writeAt(fd, piece, written)
      written += piece.length
      yield
    }
    // Lines that were added meanwhile follow, unchanged.
    while (this.seat.head.logBytes - from > tailSize) {
      const piece = Buffer.alloc(tailSize)
      writeAt(fd, piece.subarray(0, readAt(this.fd, piece, tailSize, from)), written)
      from += tailSize
      written += tailSize
      yield
    }
    const tail = Buffer.alloc(this.seat.head.logBytes - from)
    writeAt(fd, tail.subarray(0, readAt(this.fd, tail, tail.length, from)), written)
    this.replace(fd, path, written + tail.length)
    this.lines = inUse.count + this.lines - lines
    this.waste -= waste
    // Done at once, because until then the head states more lines than there are.
    this.seat.flush()
  }

  private replace(fd: number, path: string, length: number): void {
    const { head } = this.seat
    try {
      // Odd until the head has the new length, so that readers repeat what they read meanwhile.
      head.logEdition += 1
      this.seat.flush()
      replaceFile(path, this.path)
    } catch (cause) {
      if (head.logEdition % 2 !== 0) head.logEdition += 1
      throw cause
    }
    closeQuietly(this.fd)
    this.fd = fd
    head.logBytes = length
    head.logEdition += 1
  }

  /**
   * Whether the directory still has the complete file. If not, the values of the seat are lost as well, because their
   * series are unknown.
   */
  present(): boolean {
    const file = stillThere(this.fd, this.path)
    if (file !== undefined && file.size >= this.seat.head.logBytes) return true
    if (file !== undefined) removeQuietly(this.path)
    removeQuietly(join(this.directory, valuesName(this.seat.number)))
    return false
  }

  close(): void {
    closeQuietly(this.fd)
  }
}

/** Returns the number of the next complete edition, which is even. */
function nextEdition({ logEdition }: Head): number {
  return logEdition + 2 - (Math.abs(logEdition) % 2)
}
