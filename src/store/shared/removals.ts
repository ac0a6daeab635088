import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { Binding } from '#native'
import { MetricsError } from '../../model/errors.js'
import { labelFilterFrom } from '../../model/series-key.js'
import { monotonicNow } from '../../platform/timers.js'
import type { Removal } from '../core/removal-index.js'
import { closeQuietly, codeOf, createFile, freeName, readAt, removeQuietly, unlockQuietly, writeAt } from './files.js'
import { controlAt, headerSize, removalsByte, removalsLockName } from './format.js'
import { isUsable } from './ownership.js'
import { checkedLine, checkedText } from './series-lines.js'

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

/** A removal, and the position behind its line. */
export interface PlacedRemoval extends Removal {
  readonly position: number
}

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
      this.readPositions()
      const [base, end] = this.positions as unknown as [number, number]
      const from = Math.max(position, base)
      if (from >= end || end - base > largestRemovals * 2) return { removals: [], end }
      const piece = Buffer.alloc(Math.min(end - from, bytes))
      const got = readAt(this.fd, piece, piece.length, headerSize + from - base)
      // The file began again meanwhile: what was read may be of later lines.
      this.readPositions()
      if (this.positions[0] !== base) continue
      const { removals, length } = linesOf(piece.subarray(0, got), from)
      if (from + piece.length === end) return { removals, end }
      if (length > 0) return { removals, end: from + length }
      bytes = piece.length * 2
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
      let [base, end] = this.positions as unknown as [number, number]
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
    const [base, end] = this.positions as unknown as [number, number]
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

function removalLine({ registry, name, labels, author }: Removal): Buffer {
  return checkedLine(`r ${JSON.stringify([registry, name, labels, ...(author === undefined ? [] : [author])])}`)
}

/** Whether `size` grows to `step`, or to a double of it, by `more`: so often is enough for work that goes over everything. */
function passes(step: number, size: number, more: number): boolean {
  const doublings = (bytes: number): number => (bytes < step ? -1 : Math.floor(Math.log2(bytes / step)))
  return doublings(size + more) > doublings(size)
}

/** The removals in whole lines, and how many bytes those are. */
function linesOf(bytes: Buffer, position: number): { removals: PlacedRemoval[]; length: number } {
  const removals: PlacedRemoval[] = []
  let from = 0
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
    const text = checkedText(bytes, from, end)
    from = end + 1
    const removal = text?.startsWith('r ') ? removalFrom(text, position + from) : undefined
    if (removal !== undefined) removals.push(removal)
  }
  return { removals, length: from }
}

/** Undefined for an invalid line, even if its checksum is right. */
function removalFrom(text: string, position: number): PlacedRemoval | undefined {
  try {
    const [registry, name, filter, author] = JSON.parse(text.slice(2)) as unknown[]
    const labels = labelFilterFrom(filter)
    if (typeof registry !== 'string' || typeof name !== 'string' || labels === undefined) return undefined
    return typeof author === 'string'
      ? { registry, name, labels, position, author }
      : { registry, name, labels, position }
  } catch {
    return undefined
  }
}
