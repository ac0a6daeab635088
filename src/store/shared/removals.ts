import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { Binding } from '#native'
import { MetricsError } from '../../model/errors.js'
import { monotonicNow } from '../../platform/timers.js'
import type { Removal } from '../core/removal-index.js'
import { closeQuietly, codeOf, createFile, freeName, readAt, removeQuietly, unlockQuietly, writeAt } from './files.js'
import { controlAt, headerSize, removalsByte, removalsLockName } from './format.js'
import { isUsable } from './ownership.js'
import { type PlacedRemoval, removalLine, removalsIn } from './removal-lines.js'

/** How much the removals may take before nothing more is removed: only a writer that hangs for hours lets them grow. */
export const largestRemovals = 16 * 1024 * 1024
/** At this size, and at each double of it, it is looked whether the file can begin again. */
const worthEmptying = 32 * 1024
/** From this size on, that look may carry out removals for dead writers, which reads all of their series. */
const worthHelping = 1024 * 1024
/** Milliseconds for which the lock is tried, without sleeping. */
const lockTime = 4
/** Milliseconds after which the lock file of a process without the addon is taken for forgotten. */
const lockForgotten = 5000

const nothing = Buffer.alloc(0)

/** Whether every seat has taken the removals up to a position; `helping` the seats of dead writers to get there. */
export type CaughtUp = (end: number, helping: boolean) => boolean

/**
 * What was removed from the application, in order, behind the head of the control file.
 *
 * A process that removes series adds a line and turns the gate. Each writer takes the lines that it has not seen before it next
 * opens a series; until then readers leave out what the lines name. So the next scrape anywhere shows the removal, be the
 * writers idle, blocked or dead. Positions only grow; the file begins again when every writer has come to the end.
 */
export class Removals {
  private readonly positions = new Float64Array(2)
  /** The lock file of another process, and when it was first seen, by a monotonic clock. */
  private foreignLock: { readonly made: number; readonly seen: number } | undefined

  constructor(
    private readonly directory: string,
    private readonly fd: number,
    private readonly binding: Binding | undefined,
  ) {}

  /** The position behind the last removal. */
  end(): number {
    this.readPositions()
    return this.positions[1]!
  }

  /**
   * What was removed from a position on, and the position behind what was read.
   *
   * @param bytes how much to read at most; a line that is longer is read whole
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
   * The lines from a position on, as they are; the last one may be cut off. None where nothing was removed since.
   *
   * @param bytes how much to read at most
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
      // The file began again meanwhile: what was read may be of later lines.
      this.readPositions()
      if (this.positions[0] === base) return { lines: piece, from, end }
    }
  }

  /**
   * Adds removals, all under one lock; gives where their lines are, or undefined when another process holds the lock.
   *
   * @param brief tries the lock once
   * @throws MetricsError `REMOVE_FAILED` when they cannot be added: the series stay
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

  /** Whether the lock could be had at this moment. */
  free(): boolean {
    const free = this.tryLock()
    if (free) this.unlock()
    return free
  }

  private readPositions(): void {
    readAt(this.fd, new Uint8Array(this.positions.buffer), 16, controlAt.base)
    const [base = 0, end = 0] = this.positions
    // Positions of a damaged file do not count: then nothing was removed.
    if (!Number.isSafeInteger(base) || !Number.isSafeInteger(end) || base < 0 || base > end) this.positions.fill(0)
  }

  private write(at: number, position: number): void {
    writeAt(this.fd, new Uint8Array(Float64Array.of(position).buffer), at)
  }

  /** Other processes hold the lock for some microseconds. One that was stopped meanwhile must not stop this process. */
  private lock(brief: boolean): boolean {
    const until = monotonicNow() + (brief ? 0 : lockTime)
    while (!this.tryLock()) if (monotonicNow() >= until) return false
    return true
  }

  private tryLock(): boolean {
    if (this.binding !== undefined) return this.binding.lock(this.fd, removalsByte, 2)
    const path = join(this.directory, removalsLockName)
    try {
      closeQuietly(createFile(path))
      this.foreignLock = undefined
      return true
    } catch {
      const made = lstatSync(path, { throwIfNoEntry: false })
      if (made !== undefined && (!isUsable(path) || this.isForgotten(made.mtimeMs))) freeName(path)
      return false
    }
  }

  /** By the file's age, or, where the clock was set back since, by how long it has been seen. */
  private isForgotten(made: number): boolean {
    if (this.foreignLock?.made !== made) this.foreignLock = { made, seen: monotonicNow() }
    return Date.now() - made > lockForgotten || monotonicNow() - this.foreignLock.seen > lockForgotten
  }

  private unlock(): void {
    if (this.binding !== undefined) unlockQuietly(this.binding, this.fd, removalsByte)
    else removeQuietly(join(this.directory, removalsLockName))
  }
}

export function removeFailed(name: string, why: string, cause?: unknown): MetricsError {
  return new MetricsError(
    'REMOVE_FAILED',
    `series of ${name} could not be removed for the whole application: ${why}; try again`,
    { cause },
  )
}

/** Whether `size` grows to `step`, or to a double of it, by `more`: so often is enough for work that goes over everything. */
function passes(step: number, size: number, more: number): boolean {
  const doublings = (bytes: number): number => (bytes < step ? -1 : Math.floor(Math.log2(bytes / step)))
  return doublings(size + more) > doublings(size)
}
