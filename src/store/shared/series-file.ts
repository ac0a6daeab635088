import { fstatSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { opened, SeriesLog } from '../series-log.js'
import { closeQuietly, openForWriting, readAt, removeQuietly, stillThere, unfinishedPath, writeAt } from './files.js'
import { seriesName, valuesName } from './format.js'
import type { Head } from './head.js'
import type { Seat } from './seat.js'
import { linesInUse, readLines } from './series-lines.js'

/** A file that is smaller is not worth writing again. */
const smallEnough = 256 * 1024

/** The series file of a seat, as its owner writes it. */
export class SeriesFile {
  private fd: number
  private readonly path: string
  /** Lines that tell of what is no more: a removal, and the series that it removed. */
  private waste = 0
  private lines = 0
  /** Whether what an earlier owner wrote could not be read whole. */
  damaged = false

  constructor(
    private readonly directory: string,
    private readonly seat: Seat,
  ) {
    this.path = join(directory, seriesName(seat.number))
    // What lies under the name of a fresh seat may still be written by who had the number before.
    if (!seat.adopted) removeQuietly(this.path)
    this.fd = openForWriting(this.path, true)
    if (!seat.adopted) seat.head.logBytes = 0
    // From here on who takes the seat away takes this file along. Before, it may have become somebody else's.
    if (seat.condition() === 'held') return
    closeQuietly(this.fd)
    throw Object.assign(new Error(`seat ${seat.number} was taken away while it was taken`), { code: 'ESTALE' })
  }

  /** What an earlier owner of the seat wrote. */
  read(slots: number): SeriesLog {
    const log = new SeriesLog()
    // Not more than there is: the head of a damaged file may tell anything.
    const told = this.seat.head.logBytes
    const size = Math.min(told, fstatSync(this.fd).size)
    // An owner was killed while it wrote the file again: readers may have positions in the old one.
    if (size < told || this.seat.head.logEdition % 2 !== 0) this.seat.head.logEdition = nextEdition(this.seat.head)
    const bytes = Buffer.alloc(Math.max(0, size))
    const { length, faults } = readLines(bytes.subarray(0, readAt(this.fd, bytes, bytes.length, 0)), log, slots)
    this.seat.head.logBytes = length
    this.damaged = faults > 0 || length < told
    this.lines = log.length
    this.waste = log.kinds.reduce((sum, kind) => sum + (kind === opened ? 0 : 2), 0)
    return log
  }

  /** Throws what the disk throws; then the lines count for nothing. */
  append(lines: Uint8Array, count = 1): void {
    const { head } = this.seat
    const position = head.logBytes
    writeAt(this.fd, lines, position)
    head.logBytes = position + lines.length
    this.lines += count
  }

  /** The number of removals that were appended. */
  wasted(removals: number): void {
    this.waste += 2 * removals
  }

  /** Whether nearly all of it tells of series that are no more. */
  get wasteful(): boolean {
    return this.seat.head.logBytes > smallEnough && this.waste > this.lines * 0.75
  }

  /**
   * Writes it again with what is left, under the same numbers. The new file takes the old one's place before the head
   * tells of it: who reads in between, and who takes over after a crash, finds whole lines up to the end.
   */
  compact(): void {
    try {
      this.rewrite()
    } catch (cause) {
      // Tried again when as much more has gone, and not with each removal.
      this.waste = 0
      throw cause
    }
  }

  private rewrite(): void {
    const bytes = Buffer.alloc(Math.min(this.seat.head.logBytes, fstatSync(this.fd).size))
    const { families, series } = linesInUse(bytes.subarray(0, readAt(this.fd, bytes, bytes.length, 0)))
    const lines = [...families, ...series]
    this.replace(Buffer.concat(lines))
    this.lines = lines.length
    this.waste = 0
    // At once: until then the head states more lines than there are.
    this.seat.flush()
  }

  private replace(bytes: Buffer): void {
    const unfinished = unfinishedPath(this.directory)
    const fd = openForWriting(unfinished, true)
    const { head } = this.seat
    try {
      writeAt(fd, bytes, 0)
      // Odd until the head tells of the new length: whatever a reader takes meanwhile, it takes again.
      head.logEdition += 1
      this.seat.flush()
      renameSync(unfinished, this.path)
    } catch (cause) {
      if (head.logEdition % 2 !== 0) head.logEdition += 1
      closeQuietly(fd)
      removeQuietly(unfinished)
      throw cause
    }
    closeQuietly(this.fd)
    this.fd = fd
    head.logBytes = bytes.length
    head.logEdition += 1
  }

  /** Whether the directory still has it, whole. If not, the seat's values are lost as well: their series are unknown. */
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

/** The number of the next edition that is whole: an even one. */
function nextEdition({ logEdition }: Head): number {
  return logEdition + 2 - (Math.abs(logEdition) % 2)
}
