import { fstatSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Binding } from '../../platform/addon.js'
import { hasProc } from '../../platform/proc.js'
import { type Segment, Segments } from '../core/segments.js'
import { seatsIn } from './directory.js'
import { closeQuietly, openForWriting, stillThere, unlockQuietly } from './files.js'
import { firstSize, headerSize, kinds, ownerByte, states, stepAfter, valuesName } from './format.js'
import { Head } from './head.js'
import { sweepLivenessFiles } from './liveness-file.js'
import { mapOwn } from './ownership.js'
import { ownerIn } from './process-facts.js'
import { createSeat, inspectFile, namesUsable, type Seat, setAside } from './seat.js'
import { SeatNumbers, type SeatRole } from './seat-numbers.js'

const slotsInFirst = (firstSize - headerSize) / 8

/** A seat whose slots are the mapped file: a stored value is visible at once, and outlives the process. */
export class MappedSeat implements Seat {
  readonly head: Head
  readonly segments: Segments

  private constructor(
    readonly number: number,
    readonly adopted: boolean,
    private readonly fd: number,
    private readonly path: string,
    private readonly binding: Binding,
  ) {
    const first = mapOwn(binding, fd, 0, firstSize)
    this.head = new Head(new Uint8Array(first, 0, headerSize))
    this.segments = new Segments((slot, width) => this.grow(slot, width))
    this.segments.all.push(segmentOver(first, headerSize, 0))
    const { size } = fstatSync(fd)
    if (size > firstSize) {
      this.segments.all.push(segmentOver(mapOwn(binding, fd, firstSize, size - firstSize), 0, slotsInFirst))
    }
    this.segments.used = this.head.used
    if (adopted) this.head.writeOwner(ownerIn(dirname(path), kinds.mapped))
  }

  /** Takes the first seat of the role whose owner is dead, or creates a new one. */
  static take(directory: string, runId: string, role: SeatRole, binding: Binding): MappedSeat {
    if (!hasProc()) sweepLivenessFiles(directory)
    const present = seatsIn(directory)
    const numbers = SeatNumbers.of(role, present)
    for (const number of present) {
      if (!numbers.has(number)) continue
      const seat = MappedSeat.adopt(directory, number, runId, binding)
      if (seat !== undefined) return seat
    }
    const { fd, number } = createSeat(directory, runId, kinds.mapped, numbers.all(), (file) => {
      binding.reserve(file, 0, firstSize)
      binding.lock(file, ownerByte, 2)
    })
    try {
      return new MappedSeat(number, false, fd, join(directory, valuesName(number)), binding)
    } catch (cause) {
      unlockQuietly(binding, fd, ownerByte)
      closeQuietly(fd)
      throw cause
    }
  }

  /** Takes over a seat whose owner is dead; returns undefined if the owner is alive or the file is unusable. */
  static adopt(directory: string, number: number, runId: string, binding: Binding): MappedSeat | undefined {
    const path = join(directory, valuesName(number))
    let fd: number
    try {
      fd = openForWriting(path)
    } catch {
      return undefined
    }
    try {
      const facts = fstatSync(fd)
      // The lock grants the right to write. Afterwards the path must still lead to this file, which may have been
      // removed meanwhile.
      if (facts.isFile() && binding.lock(fd, ownerByte, 2) && stillThere(fd, path) !== undefined) {
        const finding = namesUsable(directory, number) ? inspectFile(fd, facts, number, runId, kinds.mapped) : 'broken'
        if (finding === 'adopt') return new MappedSeat(number, true, fd, path, binding)
        if (finding !== 'leave') setAside(directory, number, finding)
      }
    } catch {
      // A file that cannot be adopted must not prevent counting: the caller takes another seat.
      unlockQuietly(binding, fd, ownerByte)
    }
    closeQuietly(fd)
    return undefined
  }

  flush(): void {}

  /** The seat is never lost, because the lock ends only with the process. */
  condition(): 'held' | 'gone' {
    return stillThere(this.fd, this.path) === undefined ? 'gone' : 'held'
  }

  written(slot: number): number {
    const { segment, at } = this.segments.at(slot)
    return segment.values[at]!
  }

  /** The lock ends only with the mapping, so the head shows at once that the seat is closed. */
  close(): void {
    this.head.state = states.closed
    unlockQuietly(this.binding, this.fd, ownerByte)
    closeQuietly(this.fd)
  }

  private grow(first: number, width: number): Segment {
    const offset = headerSize + first * 8
    const length = stepAfter(offset, width * 8)
    // Reserved before it is mapped, so a full disk causes an error here and not a SIGBUS at a later store.
    this.binding.reserve(this.fd, offset, length)
    return segmentOver(mapOwn(this.binding, this.fd, offset, length), 0, first)
  }
}

function segmentOver(buffer: ArrayBuffer, offset: number, first: number): Segment {
  return { first, values: new Float64Array(buffer, offset), words: new Int32Array(buffer, offset) }
}
