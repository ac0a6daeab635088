import { fstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Segment, Segments } from '../core/segments.js'
import { claimIsDead, makeClaim } from './claim.js'
import { seatsIn } from './directory.js'
import { closeQuietly, openForWriting, readAt, removeQuietly, stillThere, writeAt } from './files.js'
import { at, claimName, firstSize, headerSize, kinds, movingEnd, states, stepAfter, valuesName } from './format.js'
import { Head } from './head.js'
import { Liveness } from './liveness.js'
import { ownFacts } from './process-facts.js'
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
    if (adopted) this.head.writeOwner(ownFacts())
    this.epoch = this.head.epoch
    this.write()
  }

  static take(directory: string, runId: string, role: SeatRole): BufferedSeat {
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

  private static adopt(directory: string, number: number, runId: string): BufferedSeat | undefined {
    const path = join(directory, valuesName(number))
    let fd: number
    try {
      fd = openForWriting(path)
    } catch {
      return undefined
    }
    try {
      const facts = fstatSync(fd)
      const finding = namesUsable(directory, number) ? inspectFile(fd, facts, number, runId, kinds.buffered) : 'broken'
      const head = new Head(new Uint8Array(headerSize))
      readAt(fd, head.bytes, headerSize, 0)
      // Without a lock, a file that looks broken may be one that another process is writing. Readers report it.
      if (finding === 'stale' && !new Liveness(undefined).ownerLives(fd, facts, head))
        setAside(directory, number, 'stale')
      const free = finding === 'adopt' && !new Liveness(undefined).ownerLives(fd, facts, head)
      if (free && claim(directory, number, head.epoch) && stillThere(fd, path) !== undefined) {
        return new BufferedSeat(number, true, fd, path)
      }
    } catch {
      // A file that cannot be adopted must not prevent counting: the caller takes another seat.
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
    if (this.epochInFile() === this.epoch && fstatSync(this.fd).size >= this.size) return 'held'
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

/**
 * Claims the epoch after `epoch`: the name of the claim can be linked only once. If the owner of a claim died before it
 * wrote its facts into the head, the next process claims the following epoch.
 */
function claim(directory: string, seat: number, epoch: number): boolean {
  const pattern = new RegExp(`^${claimName(seat, 0).slice(0, -1).replace('.', '\\.')}(\\d+)$`)
  const claims = readdirSync(directory).flatMap((name) => {
    const match = pattern.exec(name)
    return match === null ? [] : [Number(match[1])]
  })
  const highest = Math.max(0, ...claims)
  // A claim is valid until its owner has written its facts into the head; from then on the head shows the owner.
  if (highest > epoch && !claimIsDead(directory, claimName(seat, highest))) return false
  if (!makeClaim(directory, claimName(seat, Math.max(highest, epoch) + 1))) return false
  for (const old of claims) removeQuietly(join(directory, claimName(seat, old)))
  return true
}
