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
import { ownFacts } from './process-facts.js'

/** A writer's numbered place in the directory, and the slots that it holds there. */
export interface Seat {
  readonly number: number
  readonly head: Head
  readonly segments: Segments
  /** Whether a dead writer sat here before: its series are in the series file, and count on. */
  readonly adopted: boolean
  /** Makes what was counted visible to readers. */
  flush(): void
  /** Whether the file is still the directory's (or `gone`), and still this writer's (or `lost` to another). */
  condition(): 'held' | 'gone' | 'lost'
  /** The value of a slot in the file: what the next owner of a lost seat counts on from. */
  written(slot: number): number
  close(): void
}

/** Puts a fresh values file into the directory, complete and owned before it has a name: readers never see half of one. */
export function createSeat(
  directory: string,
  runId: string,
  kind: SeatKind,
  reserve: (fd: number) => void,
): { fd: number; number: number } {
  const unfinished = unfinishedPath(directory)
  const fd = createFile(unfinished)
  const logId = randomBytes(16)
  try {
    reserve(fd)
    for (let number = 1; ; number++) {
      if (!namesUsable(directory, number) || !isUsable(join(directory, exemplarsName(number)))) continue
      const head = new Head(new Uint8Array(headerSize))
      head.create(number, logId, Buffer.from(runId, 'hex'), kind)
      // Without a lock, only the head shows that the seat is taken.
      head.own(ownFacts())
      head.heartbeat = Date.now() / 1000
      writeAt(fd, head.bytes.subarray(0, movingEnd), 0)
      try {
        linkSync(unfinished, join(directory, valuesName(number)))
        return { fd, number }
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error
      }
    }
  } catch (cause) {
    closeQuietly(fd)
    throw cause
  } finally {
    removeQuietly(unfinished)
  }
}

/** The head of a values file as it is at the moment; undefined where there is none of ours. */
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

/** Whether the seat's series file can be written: nothing else has its name, such as a link or a file of another user. */
export function namesUsable(directory: string, number: number): boolean {
  return isUsable(join(directory, seriesName(number)))
}

export type SeatVerdict = 'adopt' | 'leave' | 'stale' | 'broken'

/** What a file without an owner can be used for. */
export function inspectFile(fd: number, facts: Stats, number: number, runId: string, kind: SeatKind): SeatVerdict {
  if (!facts.isFile()) return 'leave'
  const head = new Head(new Uint8Array(headerSize))
  if (facts.size < firstSize || readAt(fd, head.bytes, headerSize, 0) < headerSize) return 'broken'
  const fault = head.fault()
  // What another version wrote is not ours to judge.
  if (fault === 'version') return 'leave'
  if (fault !== undefined || head.seat !== number) return 'broken'
  if (head.runId !== runId) return 'stale'
  return head.kind === kind ? 'adopt' : 'leave'
}

/** Takes a file out of the way that is not to be adopted: of an earlier run, or broken. */
export function setAside(directory: string, number: number, finding: 'stale' | 'broken'): void {
  const path = join(directory, valuesName(number))
  // The names first: once the values are gone the number is free, and the names are another's.
  removeQuietly(join(directory, seriesName(number)))
  if (finding === 'stale') removeQuietly(path)
  else renameSync(path, join(directory, `bad-${valuesName(number)}-${Date.now()}`))
}
