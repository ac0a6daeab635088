import { fstatSync } from 'node:fs'
import { join } from 'node:path'
import { type Binding, loadBinding } from '../../platform/addon.js'
import { readRunId, runLives } from './control.js'
import { seatsIn } from './directory.js'
import { closeQuietly, openForReading, readAt } from './files.js'
import { controlName, headerSize, valuesName } from './format.js'
import { Head, type OwnerFacts } from './head.js'
import { Liveness } from './liveness.js'
import { isGuest } from './seat-numbers.js'

/** The processes that count in a directory, seen from outside. */
export interface DirectoryLife {
  /** Whether a living process is part of the run. It may not have counted yet, and then has no seat. */
  readonly alive: boolean
  /** The living owners of seats. */
  readonly owners: readonly OwnerFacts[]
}

/**
 * Returns which processes count in a directory; undefined if it is not a directory of promhive's that this user can read.
 * Takes no lock and writes nothing. Files that are damaged or belong to another user are ignored.
 */
export function lifeOf(directory: string): DirectoryLife | undefined {
  try {
    // A guest, such as `promhive serve`, is none of the application's processes.
    const seats = seatsIn(directory).filter((seat) => !isGuest(seat))
    const { binding } = loadBinding()
    const liveness = new Liveness(directory, binding)
    const owners = seats.flatMap((seat) => livingOwner(join(directory, valuesName(seat)), seat, liveness))
    const run = runOf(directory, binding)
    if (run === undefined && owners.length === 0) return undefined
    return { alive: run === true || owners.length > 0, owners }
  } catch {
    return undefined
  }
}

function livingOwner(path: string, seat: number, liveness: Liveness): readonly OwnerFacts[] {
  const head = new Head(new Uint8Array(headerSize))
  const owner = withFile(path, (fd) => {
    if (readAt(fd, head.bytes, headerSize, 0) < headerSize) return undefined
    const isSound = head.fault() === undefined && head.contentFault() === undefined && head.seat === seat
    return isSound && liveness.ownerLives(fd, fstatSync(fd), head) ? head.owner() : undefined
  })
  return owner === undefined ? [] : [owner]
}

/** Whether the run of a directory has a member; undefined if the control file names no run. */
function runOf(directory: string, binding: Binding | undefined): boolean | undefined {
  return withFile(join(directory, controlName), (fd) =>
    readRunId(fd) === undefined ? undefined : runLives(directory, fd, binding),
  )
}

/** Returns undefined if the file cannot be read. */
function withFile<T>(path: string, read: (fd: number) => T | undefined): T | undefined {
  let fd: number | undefined
  try {
    fd = openForReading(path)
    return read(fd)
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) closeQuietly(fd)
  }
}
