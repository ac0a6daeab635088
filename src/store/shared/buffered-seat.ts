import { fstatSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Segment, Segments } from '../core/segments.js'
import { Claim } from './claim.js'
import { seatsIn } from './directory.js'
import { closeQuietly, openForWriting, readAt, removeQuietly, stillThere, writeAt } from './files.js'
import { at, firstSize, headerSize, kinds, movingEnd, seatName, states, stepAfter, valuesName } from './format.js'
import { Head } from './head.js'
import { Liveness } from './liveness.js'
import { livenessIdIn, sweepLivenessFiles } from './liveness-file.js'
import { ownerIn } from './process-facts.js'
import { createSeat, inspectFile, namesUsable, type Seat, setAside } from './seat.js'
import { SeatNumbers, type SeatRole } from './seat-numbers.js'

/** Bytes that are compared, and written if they differ, at a time. */
const pieceSize = 64 * 1024
/**
 * The counterpart of the mapped seat in plain TypeScript: slots on the heap, whose changes are written to the same
 * file. Readers see a change after the next flush. A process that is killed loses what it counted since the last flush.
 */
export class BufferedSeat implements Seat {
  readonly head: Head
  readonly segments: Segments
  /** The content of the file, piece by piece. */
  private readonly copies: { readonly position: number; readonly copy: Uint8Array }[] = []
  private readonly epoch: number
  private size = firstSize

  private constructor(
    readonly number: number,
    readonly adopted: boolean,
    private readonly fd: number,
    private readonly path: string,
  ) {
    const first = new ArrayBuffer(firstSize)
    readAt(fd, new Uint8Array(first), firstSize, 0)
    this.head = new Head(new Uint8Array(first, 0, headerSize))
    this.segments = new Segments((slot, width) => this.grow(slot, width))
    this.segments.all.push(segmentOver(first, headerSize, 0))
    const rest = fstatSync(fd).size - firstSize
    if (rest > 0) {
      const buffer = new ArrayBuffer(rest - (rest % 8))
      readAt(fd, new Uint8Array(buffer), buffer.byteLength, firstSize)
      this.segments.all.push(segmentOver(buffer, 0, (firstSize - headerSize) / 8))
      this.size += buffer.byteLength
    }
    this.segments.used = this.head.used
    if (adopted) this.head.writeOwner(ownerIn(dirname(path), kinds.buffered))
    this.epoch = this.head.epoch
    this.write()
  }

  static take(directory: string, runId: string, role: SeatRole): BufferedSeat {
    sweepLivenessFiles(directory)
    const present = seatsIn(directory)
    const numbers = SeatNumbers.of(role, present)
    for (const number of present) {
      if (!numbers.has(number)) continue
      const seat = BufferedSeat.adopt(directory, number, runId)
      if (seat !== undefined) return seat
    }
    const { fd, number } = createSeat(directory, runId, kinds.buffered, numbers.all(), (file) =>
      writeAt(file, Buffer.alloc(firstSize), 0),
    )
    try {
      return new BufferedSeat(number, false, fd, join(directory, valuesName(number)))
    } catch (cause) {
      closeQuietly(fd)
      throw cause
    }
  }

  /** Takes over a seat whose owner is dead; returns undefined if the owner is alive or the file is unusable. */
  static adopt(directory: string, number: number, runId: string): BufferedSeat | undefined {
    const path = join(directory, valuesName(number))
    let fd: number
    try {
      fd = openForWriting(path)
    } catch {
      return undefined
    }
    let claim: Claim | undefined
    try {
      // First without a claim: most seats have a living owner.
      if (verdict(fd, directory, number, runId) !== undefined) claim = Claim.take(directory, seatName(number))
      const isThere = claim !== undefined && stillThere(fd, path) !== undefined
      const finding = isThere ? verdict(fd, directory, number, runId) : undefined
      if (finding === 'adopt') return new BufferedSeat(number, true, fd, path)
      if (finding === 'stale') setAside(directory, number, 'stale')
    } catch {
      // A file that cannot be adopted must not prevent counting: the caller takes another seat.
    } finally {
      claim?.release()
    }
    closeQuietly(fd)
    return undefined
  }

  /** Does not overwrite what the next owner of a lost seat has written. */
  flush(): void {
    if (this.epochInFile() !== this.epoch) return
    // The content of a truncated file is unknown, so all of it is written again.
    if (fstatSync(this.fd).size < this.size) this.copies.length = 0
    this.write()
  }

  /**
   * Finds out whether this process still has its seat. A process that was taken for dead while it was blocked has lost
   * it, and the file shows the next owner. A file that was truncated or overwritten has no next owner that continues
   * from its values.
   */
  condition(): 'held' | 'gone' | 'lost' {
    if (stillThere(this.fd, this.path) === undefined) return 'gone'
    if (this.epochInFile() === this.epoch && fstatSync(this.fd).size >= this.size) {
      this.renewLiveness()
      return 'held'
    }
    const head = new Head(new Uint8Array(headerSize))
    const whole = readAt(this.fd, head.bytes, headerSize, 0) === headerSize && head.fault() === undefined
    if (whole && head.epoch !== this.epoch) return 'lost'
    removeQuietly(this.path)
    return 'gone'
  }

  written(slot: number): number {
    const bytes = new Float64Array(1)
    for (const { position, copy } of this.copies) {
      const at = headerSize + slot * 8 - position
      if (at >= 0 && at < copy.length) new Uint8Array(bytes.buffer).set(copy.subarray(at, at + 8))
    }
    return bytes[0]!
  }

  close(): void {
    this.head.state = states.closed
    try {
      this.flush()
    } finally {
      closeQuietly(this.fd)
    }
  }

  /** Writes the name of the liveness file again, if the file was removed while this process held it. */
  private renewLiveness(): void {
    const directory = dirname(this.path)
    const id = livenessIdIn(directory)
    if (id === '' || id === this.head.livenessId) return
    const claim = Claim.take(directory, seatName(this.number))
    if (claim !== undefined && this.epochInFile() === this.epoch) {
      this.head.livenessId = id
      this.write()
    }
    claim?.release()
  }

  private epochInFile(): number {
    const epoch = new Int32Array(1)
    readAt(this.fd, new Uint8Array(epoch.buffer), 4, at.epoch)
    return epoch[0]!
  }

  private write(): void {
    this.head.heartbeat = Date.now() / 1000
    this.head.used = this.segments.used
    // Slots before the head: a reader that sees the new head finds the slots that it announces.
    let piece = 0
    for (const { first, values } of this.segments.all) {
      if (first >= this.segments.used) break
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
      for (let from = 0; from < bytes.length; from += pieceSize) {
        this.writePiece(piece++, bytes.subarray(from, from + pieceSize), headerSize + first * 8 + from)
      }
    }
    if (this.head.flushes % 2 !== 0) this.head.flushes++
    writeAt(this.fd, this.head.bytes.subarray(at.kind, movingEnd), at.kind)
  }

  private writePiece(index: number, bytes: Uint8Array, position: number): void {
    const before = this.copies[index]?.copy
    if (before !== undefined && Buffer.compare(before, bytes) === 0) return
    this.markWriting()
    writeAt(this.fd, bytes, position)
    if (before === undefined) this.copies[index] = { position, copy: bytes.slice() }
    else before.set(bytes)
  }

  /** A flush consists of many writes. A reader that sees an odd count, or a different count afterwards, reads again. */
  private markWriting(): void {
    if (this.head.flushes % 2 !== 0) return
    this.head.flushes++
    writeAt(this.fd, this.head.bytes.subarray(at.flushes, at.flushes + 4), at.flushes)
  }

  private grow(first: number, width: number): Segment {
    const length = stepAfter(this.size, width * 8)
    // Written now, so that a full disk causes an error here and not at a later flush.
    writeAt(this.fd, Buffer.alloc(length), this.size)
    this.size += length
    return segmentOver(new ArrayBuffer(length), 0, first)
  }
}

function segmentOver(buffer: ArrayBuffer, offset: number, first: number): Segment {
  return { first, values: new Float64Array(buffer, offset), words: new Int32Array(buffer, offset) }
}

/** Decides whether a seat can be taken over, or is of an earlier run; undefined if it must stay as it is. */
function verdict(fd: number, directory: string, number: number, runId: string): 'adopt' | 'stale' | undefined {
  const facts = fstatSync(fd)
  const finding = namesUsable(directory, number) ? inspectFile(fd, facts, number, runId, kinds.buffered) : 'broken'
  // Without a lock, a file that looks broken may be one that another process is writing. Readers report it.
  if (finding !== 'adopt' && finding !== 'stale') return undefined
  const head = new Head(new Uint8Array(headerSize))
  readAt(fd, head.bytes, headerSize, 0)
  return new Liveness(directory, undefined).ownerLives(fd, facts, head) ? undefined : finding
}
