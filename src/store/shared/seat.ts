import { linkSync, renameSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { randomBytes } from '../core/random-bytes.js'
import type { Segments } from '../core/segments.js'
import {
  closeQuietly,
  codeOf,
  createFile,
  openForReading,
  readAt,
  removeQuietly,
  unfinishedPath,
  writeAt,
} from './files.js'
import { exemplarsName, firstSize, headerSize, movingEnd, type SeatKind, seriesName, valuesName } from './format.js'
import { Head } from './head.js'
import { isUsable } from './ownership.js'
import { ownerIn } from './process-facts.js'

/** A writer's numbered entry in the directory, and its slots. */
export interface Seat {
  readonly number: number
  readonly head: Head
  readonly segments: Segments
  /** Whether a dead writer had this seat before: its series are in the series file, and the next owner continues them. */
  readonly adopted: boolean
  /** Makes what was counted visible to readers. */
  flush(): void
  /** `gone` if the file is no longer in the directory, `lost` if another writer has the seat, otherwise `held`. */
  condition(): 'held' | 'gone' | 'lost'
  /** The value of a slot in the file, from which the next owner of a lost seat continues. */
  written(slot: number): number
  close(): void
}

/**
 * Adds a new values file to the directory. It is complete and has an owner before it gets its name, so readers never
 * see half of it.
 */
export function createSeat(
  directory: string,
  runId: string,
  kind: SeatKind,
  numbers: Iterable<number>,
  reserve: (fd: number) => void,
): { fd: number; number: number } {
  const unfinished = unfinishedPath(directory)
  const fd = createFile(unfinished)
  const logId = randomBytes(16)
  try {
    const owner = ownerIn(directory, kind)
    reserve(fd)
    for (const number of numbers) {
      if (!namesUsable(directory, number) || !isUsable(join(directory, exemplarsName(number)))) continue
      const head = new Head(new Uint8Array(headerSize))
      head.create(number, logId, Buffer.from(runId, 'hex'), kind)
      // Without a lock, only the head shows that the seat has an owner.
      head.writeOwner(owner)
      head.heartbeat = Date.now() / 1000
      writeAt(fd, head.bytes.subarray(0, movingEnd), 0)
      try {
        linkSync(unfinished, join(directory, valuesName(number)))
        return { fd, number }
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error
      }
    }
    throw new Error('no number is left for a seat')
  } catch (cause) {
    closeQuietly(fd)
    throw cause
  } finally {
    removeQuietly(unfinished)
  }
}

/** Reads the current head of a values file; returns undefined if it is not one of this application. */
export function readHead(path: string): Head | undefined {
  let fd: number | undefined
  try {
    fd = openForReading(path)
    const head = new Head(new Uint8Array(headerSize))
    return readAt(fd, head.bytes, headerSize, 0) === headerSize && head.fault() === undefined ? head : undefined
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) closeQuietly(fd)
  }
}

/** Whether the seat's series file can be written: its name is not that of a link or of another user's file. */
export function namesUsable(directory: string, number: number): boolean {
  return isUsable(join(directory, seriesName(number)))
}

export type SeatVerdict = 'adopt' | 'leave' | 'stale' | 'broken'

/** Decides how a file without an owner can be used. */
export function inspectFile(fd: number, facts: Stats, number: number, runId: string, kind: SeatKind): SeatVerdict {
  if (!facts.isFile()) return 'leave'
  const head = new Head(new Uint8Array(headerSize))
  if (facts.size < firstSize || readAt(fd, head.bytes, headerSize, 0) < headerSize) return 'broken'
  const fault = head.fault()
  // A file of another version must stay as it is.
  if (fault === 'version') return 'leave'
  if (fault !== undefined || head.seat !== number) return 'broken'
  if (head.runId !== runId) return 'stale'
  return head.kind === kind ? 'adopt' : 'leave'
}

/** Renames or removes a file that must not be adopted: it is of an earlier run, or broken. */
export function setAside(directory: string, number: number, finding: 'stale' | 'broken'): void {
  const path = join(directory, valuesName(number))
  // The series file first: once the values file is gone, another writer may use the number and this name.
  removeQuietly(join(directory, seriesName(number)))
  if (finding === 'stale') removeQuietly(path)
  else renameSync(path, join(directory, `bad-${valuesName(number)}-${Date.now()}`))
}
