import { fstatSync } from 'node:fs'
import { MetricsError } from '../../model/errors.js'
import type { Binding } from '../../platform/addon.js'
import { hasProc } from '../../platform/proc.js'
import { monotonicNow } from '../../platform/timers.js'
import type { Removal } from '../core/removal-index.js'
import { Claim } from './claim.js'
import { codeOf, readAt, unlockQuietly, writeAt } from './files.js'
import { controlAt, headerSize, removalsByte, removalsName } from './format.js'
import { Liveness } from './liveness.js'
import { type PlacedRemoval, removalLine, removalsIn } from './removal-lines.js'

/** The maximum size of the removals in bytes. They grow only while a writer is blocked for hours. */
export const largestRemovals = 16 * 1024 * 1024
/** At this size, and each time the size doubles, promhive checks whether the file can be emptied. */
const worthEmptying = 32 * 1024
/** From this size on, that check may carry out removals for dead writers, which reads all of their series. */
const worthHelping = 1024 * 1024
/** Milliseconds of attempts to get the lock, without sleeping. */
const lockTime = 4

const nothing = Buffer.alloc(0)

/**
 * Whether every seat has taken the removals up to a position; with `helping`, the removals are carried out for dead
 * writers first.
 */
export type CaughtUp = (end: number, helping: boolean) => boolean

/**
 * The removals of the application, in order, after the head of the control file.
 *
 * A process that removes series adds a line and changes the gate. Each writer takes the new lines before it opens its
 * next series; until then, readers omit the series that the lines name. So the next scrape in any process shows the
 * removal, even if writers are idle, blocked or dead. Positions only grow; the file is emptied when every writer has
 * reached the end.
 */
export class Removals {
  private readonly positions = new Float64Array(2)
  private claim: Claim | undefined

  constructor(
    private readonly directory: string,
    private readonly fd: number,
    private readonly binding: Binding | undefined,
  ) {}

  /** Returns the position after the last removal. */
  end(): number {
    this.readPositions()
    return this.positions[1]!
  }

  /**
   * Returns the removals from a position on, and the position after them.
   *
   * @param bytes the maximum to read; a longer line is read completely
   */
  since(position: number, bytes = Number.POSITIVE_INFINITY): { removals: readonly PlacedRemoval[]; end: number } {
    for (;;) {
      const { lines, from, end } = this.linesSince(position, bytes)
      if (lines.length === 0) return { removals: [], end }
      const { removals, length } = removalsIn(lines, from)
      if (from + lines.length === end) return { removals, end }
      if (length > 0) return { removals, end: from + length }
      bytes = lines.length * 2
    }
  }

  /**
   * Returns the lines from a position on, unparsed; the last one may be incomplete.
   *
   * @param bytes the maximum to read
   */
  linesSince(
    position: number,
    bytes = Number.POSITIVE_INFINITY,
  ): { readonly lines: Buffer; readonly from: number; readonly end: number } {
    for (;;) {
      this.readPositions()
      const [base = 0, end = 0] = this.positions
      const from = Math.max(position, base)
      if (from >= end || end - base > largestRemovals * 2) return { lines: nothing, from: end, end }
      const piece = Buffer.alloc(Math.min(end - from, bytes))
      readAt(this.fd, piece, piece.length, headerSize + from - base)
      // The file was emptied meanwhile: the bytes may belong to later lines.
      this.readPositions()
      if (this.positions[0] === base) return { lines: piece, from, end }
    }
  }

  /**
   * Adds removals under one lock; returns the positions of their lines, or undefined if another process holds the lock.
   *
   * @param brief tries the lock once
   * @throws MetricsError `REMOVE_FAILED` if they cannot be added; then the series stay
   */
  append(
    removals: readonly Removal[],
    caughtUp: CaughtUp,
    brief = false,
  ): { readonly from: number; readonly end: number } | undefined {
    const { name } = removals[0]!
    const lines = Buffer.concat(removals.map(removalLine))
    let held = false
    try {
      if (!(held = this.lock(brief))) return undefined
      this.readPositions()
      let [base = 0, end = 0] = this.positions
      const size = end - base
      if (passes(worthEmptying, size, lines.length) && caughtUp(end, passes(worthHelping, size, lines.length))) {
        base = end
        this.write(controlAt.base, end)
      }
      if (end - base + lines.length > largestRemovals)
        throw removeFailed(name, 'a writer has not taken notice of 16 MiB of earlier ones')
      writeAt(this.fd, lines, headerSize + end - base)
      this.write(controlAt.end, end + lines.length)
      return { from: end, end: end + lines.length }
    } catch (cause) {
      throw cause instanceof MetricsError ? cause : removeFailed(name, codeOf(cause), cause)
    } finally {
      if (held) this.unlock()
    }
  }

  /** Whether the lock is free. */
  free(): boolean {
    const free = this.tryLock()
    if (free) this.unlock()
    return free
  }

  private readPositions(): void {
    readAt(this.fd, new Uint8Array(this.positions.buffer), 16, controlAt.base)
    const [base = 0, end = 0] = this.positions
    // Positions of a damaged file are ignored, as if nothing was removed.
    if (!Number.isSafeInteger(base) || !Number.isSafeInteger(end) || base < 0 || base > end) this.positions.fill(0)
  }

  private write(at: number, position: number): void {
    writeAt(this.fd, new Uint8Array(Float64Array.of(position).buffer), at)
  }

  /**
   * Other processes hold the lock for some microseconds. A process that was stopped while it held the lock must not
   * block this one.
   */
  private lock(brief: boolean): boolean {
    const until = monotonicNow() + (brief ? 0 : lockTime)
    while (!this.tryLock()) if (monotonicNow() >= until) return false
    return true
  }

  private tryLock(): boolean {
    const { binding, directory, fd } = this
    if (binding?.lock(fd, removalsByte, 2) === false) return false
    try {
      if (binding === undefined || !hasProc()) {
        this.claim = Claim.take(directory, removalsName)
        if (this.claim !== undefined && (binding !== undefined || !this.isLocked())) return true
      } else if (!Claim.isTaken(directory, removalsName)) return true
    } catch {
      // The disk does not allow it at the moment.
    }
    this.unlock()
    return false
  }

  /** Whether a process with the addon holds the lock. */
  private isLocked(): boolean {
    const liveness = new Liveness(this.directory, undefined)
    return liveness.seesLocks && liveness.heldAlone(fstatSync(this.fd), removalsByte)
  }

  private unlock(): void {
    if (this.binding !== undefined) unlockQuietly(this.binding, this.fd, removalsByte)
    this.claim?.release()
    this.claim = undefined
  }
}

export function removeFailed(name: string, why: string, cause?: unknown): MetricsError {
  return new MetricsError(
    'REMOVE_FAILED',
    `series of ${name} could not be removed for the whole application: ${why}; try again`,
    { cause },
  )
}

/**
 * Whether `size` reaches `step`, or a doubling of it, when `more` is added. That is often enough for work that reads
 * everything.
 */
function passes(step: number, size: number, more: number): boolean {
  const doublings = (bytes: number): number => (bytes < step ? -1 : Math.floor(Math.log2(bytes / step)))
  return doublings(size + more) > doublings(size)
}
